"""FastAPI on uvicorn with uvloop. JWT_LIBRARY: jose (python-jose) or pyjwt."""
import datetime
import json
import logging
import logging.handlers
import os
import time
from enum import Enum
from typing import List

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Path, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

if os.environ.get("JWT_LIBRARY") == "pyjwt":
    import jwt
else:
    from jose import jwt

SECRET = os.environ["JWT_SECRET"]
LIMIT, WINDOW = float(os.environ.get("RATE_MAX", 1e9)), 60.0
FILL = "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna"

log = logging.getLogger("access")
log.setLevel(logging.INFO)
log.propagate = False
destination = logging.FileHandler(os.environ.get("LOG_FILE", "/dev/null"))
destination.setFormatter(logging.Formatter("%(message)s"))
log.addHandler(logging.handlers.MemoryHandler(32, target=destination))

app = FastAPI(openapi_url=None)


class AccessLog:
    """Plain ASGI: Starlette's BaseHTTPMiddleware is far slower."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        start, status = time.perf_counter(), 0

        async def note_status(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self.app(scope, receive, note_status)
        ms = (time.perf_counter() - start) * 1e3
        record = {"level": 30, "time": int(time.time() * 1000), "method": scope["method"], "url": scope["path"]}
        log.info(json.dumps({**record, "status": status, "ms": ms, "sub": scope.get("sub"), "msg": "request"}))


app.add_middleware(AccessLog)
windows = {}


def admit(role):
    async def dependency(request: Request):
        header = request.headers.get("authorization", "")
        if not header.startswith("Bearer "):
            raise HTTPException(401)
        try:
            user = jwt.decode(header[7:], SECRET, algorithms=["HS256"])
        except Exception:
            raise HTTPException(401)
        if role not in user.get("roles", ()):
            raise HTTPException(403)
        subject, now = user["sub"], time.monotonic()
        request.scope["sub"] = subject
        window = windows.get(subject)
        if window is None or window[1] <= now:
            windows[subject] = [1, now + WINDOW]
        else:
            window[0] += 1
            if window[0] > LIMIT:
                raise HTTPException(429)
        return user

    return dependency


class Currency(str, Enum):
    EUR = "EUR"
    USD = "USD"
    GBP = "GBP"


class Dimensions(BaseModel):
    l: float = Field(ge=0)
    w: float = Field(ge=0)
    h: float = Field(ge=0)

    class Config:
        extra = "forbid"


class NewItem(BaseModel):
    sku: str = Field(regex=r"^[A-Z]{3}-[0-9]{6}$")
    name: str = Field(min_length=1, max_length=80)
    description: str = Field(min_length=1, max_length=2000)
    price: float = Field(ge=0)
    currency: Currency
    stock: int = Field(ge=0)
    tags: List[str] = Field(max_items=10)
    active: bool
    weightKg: float = Field(ge=0)
    dimensions: Dimensions
    contact: str = Field(min_length=3, max_length=100)
    createdAt: datetime.datetime

    class Config:
        extra = "forbid"


@app.get("/ping")
async def ping():
    return JSONResponse({"status": "ok", "service": "bench", "version": "1.0.0", "region": "local", "message": FILL + FILL})


@app.get("/items/{id}")
async def get_item(id: int = Path(ge=1), user: dict = Depends(admit("reader"))):
    item = {"id": id, "sku": "ABC-123456", "name": "Widget", "price": 12.5, "currency": "EUR", "stock": 42, "active": True}
    more = {"tags": ["a", "b", "c"], "owner": user["sub"], "createdAt": "2026-01-01T00:00:00Z", "note": FILL}
    return JSONResponse({**item, **more})


@app.post("/items", status_code=201)
async def create_item(body: NewItem, user: dict = Depends(admit("writer"))):
    item = {"id": 1001, "sku": body.sku, "name": body.name, "price": body.price, "currency": body.currency}
    more = {"stock": body.stock, "active": body.active, "tags": body.tags, "owner": user["sub"]}
    return JSONResponse({**item, **more, "createdAt": body.createdAt.isoformat(), "note": FILL}, status_code=201)


uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), loop="uvloop", http="httptools", access_log=False, log_config=None)
