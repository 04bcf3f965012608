import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import type { ValidationError } from 'gatefold'
import type { AgentTask } from './agent.ts'

const ajv = new Ajv2020({ allErrors: true, useDefaults: true })
const validators = new WeakMap<AgentTask, ValidateFunction>()

/** All that is wrong with a task's parameters, in the terms of the request body that they stand in; defaults are filled in. */
export function checkParameters(task: AgentTask, parameters: unknown): ValidationError[] {
  const validate = validators.get(task) ?? ajv.compile(task.parameters)
  validators.set(task, validate)
  return validate(parameters) ? [] : (validate.errors ?? []).map(describe)
}

function describe({ instancePath, keyword, params, message = 'is not valid' }: ErrorObject): ValidationError {
  const pointer = `/parameters${instancePath}`
  const at = (pointer: string, message: string): ValidationError => ({ place: 'body', pointer, message })
  if (keyword === 'required') return at(`${pointer}/${escapeToken(params.missingProperty)}`, 'is required')
  if (keyword === 'additionalProperties')
    return at(`${pointer}/${escapeToken(params.additionalProperty)}`, 'is not a parameter of this task')
  if (keyword === 'enum')
    return at(pointer, `must be one of ${params.allowedValues.map((value: unknown) => JSON.stringify(value)).join(', ')}`)
  return at(pointer, message)
}

/** RFC 6901 section 3. */
function escapeToken(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1')
}
