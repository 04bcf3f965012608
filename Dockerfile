# syntax=docker/dockerfile:1
#
# The reference application as an image: the compiled gateway, the two documents and the handlers. It runs as a user without rights,
# writes nothing but its log (to standard output), and holds no compiler and no test. Your own project needs the last stage alone,
# with `npm install gatefold` in place of the first two.

FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY .ci/declarations.json .ci/
COPY src src
RUN node src/build.ts

FROM node:24-slim AS packages
WORKDIR /packages
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /packages/node_modules node_modules
COPY --from=build /build/dist dist
COPY package.json openapi.yaml gateway.yaml ./
COPY handlers handlers
# By number, so that Kubernetes can see that it is not root: the user `node` of the base image.
USER 1000:1000
EXPOSE 8000 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --start-interval=1s \
  CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT ?? 8000}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js", "start"]
