import t from 'tap'
import { planGateway } from '../../src/gateway.ts'
import { writeProject } from '../gateway.ts'

/** A schema that is reported by its name, wherever it stands. */
const wrong = (name: string) => ({ type: name })
const content = (name: string) => ({ content: { 'application/json': { schema: wrong(name) } } })

t.test('every schema that judges a message is checked at boot, what is ignored is not', async (t) => {
  const parameters = [
    { name: 'id', in: 'path', required: true, schema: wrong('in-path') },
    { name: 'none', in: 'path', required: true, schema: wrong('ignored-path') },
    { name: 'q', in: 'query', schema: wrong('in-query') },
    { name: 'json', in: 'query', ...content('in-content') },
    { name: 'X-H', in: 'header', schema: wrong('in-header') },
    { name: 'Accept', in: 'header', schema: wrong('ignored-header') },
    { name: 'c', in: 'cookie', schema: wrong('in-cookie') },
  ]
  const body = { content: { 'application/json': { schema: wrong('in-body') }, 'no type': { schema: wrong('ignored-body') } } }
  const headers = { 'X-Answer': { schema: wrong('in-answer-header') } }
  const responses = { 200: { description: 'fine', ...content('in-answer'), headers } }
  const openapi = {
    openapi: '3.1.0',
    info: { title: 't', version: '1' },
    security: [],
    paths: { '/{id}': { post: { operationId: 'act', parameters, requestBody: body, responses } } },
  }
  const plan = await planGateway({ directory: writeProject(t, { openapi, handlers: 'export const act = () => ({})' }) })
  const found = plan.diagnostics.flatMap(({ code, message }) =>
    code === 'invalid-schema' ? [/not "(.+)"/.exec(message)?.[1]] : [],
  )
  const places = ['in-path', 'in-query', 'in-content', 'in-header', 'in-cookie', 'in-body', 'in-answer', 'in-answer-header']
  t.strictSame(found.toSorted(), places.toSorted())
})
