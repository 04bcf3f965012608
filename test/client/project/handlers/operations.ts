import { once } from 'node:events'
import type { Handler } from '../gatefold.ts'

export const greet: Handler<'greet'> = ({ params, query }, { problem }) => {
  if (params.name === 'nobody') return problem('nobody_there', { status: 404, detail: 'there is nobody to greet' })
  return { greeting: Array(query.times).fill(`Hello, ${params.name}!`).join(' ') }
}

export const getMe: Handler<'getMe'> = (_request, { principal }) => ({ subject: principal.subject })

export const echo: Handler<'echo'> = ({ params, query, headers, cookies }) => {
  const { 'X-Numbers': numbers, 'X-Point': point } = headers
  return { params, query, headers: { numbers, point }, cookies }
}

export const store: Handler<'store'> = ({ body }) => {
  const files = [body.file, ...(body.more ?? [])].map(({ filename, mediaType, size }) => `${filename} ${mediaType} ${size}`)
  return [body.title, `${body.place.x} ${body.place.y}`, ...files]
}

export const login: Handler<'login'> = ({ contentType, body }) => {
  if (contentType === 'application/json') return `json ${body.user}`
  return contentType === 'text/plain' ? `text ${body}` : `form ${body.username}`
}

export const picture: Handler<'picture'> = () => Buffer.from([137, 80, 78, 71])

export const limited: Handler<'limited'> = () => {}

export const count: Handler<'count'> = async ({ body }, { progress, problem, signal }) => {
  for (let number = 1; number <= body.to; number++) progress(number / body.to, `counted ${number}`, { number })
  if (body.end === 'badly') return problem('out_of_numbers', { status: 409, detail: 'there are no more' })
  if (body.end === 'never') {
    if (!signal.aborted) await once(signal, 'abort')
    signal.throwIfAborted()
  }
  return { counted: body.to }
}
