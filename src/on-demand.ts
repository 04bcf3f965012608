import { createRequire } from 'node:module'
import { lazy } from './messages/lazy.ts'

const require = createRequire(import.meta.url)

/** A package that only some gateways need, loaded at the first call: until then it takes no memory and no time to start. */
export function onDemand<Package>(name: string): () => Package {
  return lazy(() => require(name) as Package)
}
