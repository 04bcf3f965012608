import type { Handler } from '../gatefold.ts'

/** GET /greetings/{name} */
export const greet: Handler<'greet'> = ({ params, query }) => ({
  greeting: Array(query.times).fill(`Hello, ${params.name}!`).join(' '),
})

/** GET /me */
export const getMe: Handler<'getMe'> = (_request, { principal }) => ({
  subject: principal.subject,
  roles: [...principal.roles],
})
