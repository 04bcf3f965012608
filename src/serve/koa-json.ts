import type { BaseResponse, Response } from 'koa'

/** JSON that the pipeline wrote. Its value is made when a Koa middleware asks for it; most never do. */
export class WrittenJson {
  readonly text: string
  #value: unknown

  constructor(text: string) {
    this.text = text
  }

  get value(): unknown {
    this.#value ??= JSON.parse(this.text)
    return this.#value
  }

  /** Whether a response shows this as it was written: a value that was seen may have been changed in place, or set again. */
  standsIn(response: JsonResponse): boolean {
    if (this.#value === undefined) return response.written === this
    return response.body === this.#value && JSON.stringify(this.#value) === this.text
  }
}

/** Koa's response, whose `body` may stand for JSON that is written already. */
export interface JsonResponse extends Response {
  written?: WrittenJson | undefined
}

type Body = Required<Pick<TypedPropertyDescriptor<unknown>, 'get' | 'set'>>

/** Gives an application's responses a place for written JSON; `body` reads from it until it is set to something else. */
export function holdWrittenJson(response: BaseResponse): void {
  const { get, set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(response), 'body') as Body
  Object.defineProperties(response, {
    written: { value: undefined, writable: true },
    body: {
      get(this: JsonResponse) {
        return this.written === undefined ? get.call(this) : this.written.value
      },
      set(this: JsonResponse, value: unknown) {
        this.written = undefined
        set.call(this, value)
      },
    },
  })
}

/** What Koa would do with other values depends on what stands there, and on the value. */
function isPlain(response: JsonResponse, text: string, status: number): boolean {
  const first = text[0]
  return (first === '{' || first === '[') && status !== 204 && status !== 205 && status !== 304 && response.body === undefined
}

/**
 * Shows written JSON as `ctx.status`, `ctx.type` and `ctx.body`, as if its value had been set. Undefined, with nothing done, where Koa has to see
 * the value for that: another body is there already, or the value is no object or list.
 */
export function showJson(response: JsonResponse, text: string, status: number, type: string): WrittenJson | undefined {
  const { written } = response
  if (written === undefined) {
    if (!isPlain(response, text, status)) return undefined
    response.status = status
    response.remove('Content-Length')
    response.written = new WrittenJson(text)
  } else if (written.text !== text || response.status !== status || !written.standsIn(response)) return undefined
  response.set('Content-Type', type)
  return response.written
}
