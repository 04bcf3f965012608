import Type from 'typebox'

const text = { type: 'string' }

/** RFC 7240 section 4.3. */
export const prefer = {
  name: 'Prefer',
  in: 'header',
  description: 'Waits so many seconds for the result: 200 with the result, if it is there in time (RFC 7240).',
  schema: text,
  example: 'wait=10',
}

export const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'The same key and request give the same task, so that a request can be sent again.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
  example: '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
}

export const retryAfter = {
  description: 'After how many seconds to ask again (RFC 9110).',
  schema: { type: 'integer', minimum: 0 },
}

export const taskHeaders = {
  Location: { description: 'Where the task is.', schema: { type: 'string', format: 'uri-reference' } },
  'Retry-After': retryAfter,
}

export const wwwAuthenticate = { description: 'How to authenticate (RFC 9110).', schema: text }

/** draft-ietf-httpapi-ratelimit-headers. */
export const rateLimitHeaders = {
  'RateLimit-Policy': {
    description: 'The limits: `q` requests in `w` seconds each.',
    schema: text,
    example: '"principal";q=100;w=60',
  },
  RateLimit: {
    description: 'What is left of them: `r` requests, for `t` seconds.',
    schema: text,
    example: '"principal";r=99;t=60',
  },
}

/** A problem as it is sent (RFC 9457 section 3). */
export const problemSchema = Type.Object(
  {
    type: Type.String({ title: 'Type', description: 'The URI that names the kind of problem.', format: 'uri-reference' }),
    title: Type.String({ title: 'Title' }),
    status: Type.Integer({ title: 'Status', minimum: 400, maximum: 599 }),
    detail: Type.Optional(Type.String({ title: 'Detail', description: 'What is wrong this time.' })),
    instance: Type.String({ title: 'Instance', description: 'The path of the request.', format: 'uri-reference' }),
    code: Type.String({ title: 'Code', description: 'The kind of problem, for programs.' }),
    request_id: Type.String({ title: 'Request id', description: 'What the logs know the request by.' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          place: Type.String({ title: 'Place', description: 'path, query, header, cookie or body.' }),
          pointer: Type.String({ title: 'Pointer', description: 'JSON pointer into that place (RFC 6901).' }),
          message: Type.String({ title: 'Message' }),
        }),
        { title: 'Errors', description: 'All findings of a validation.' },
      ),
    ),
  },
  { title: 'Problem', description: 'Why a request was refused (RFC 9457).' },
)
