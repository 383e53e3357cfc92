/** What features need to come back to something later. */
export { type Deferred, deferred } from '../platform/deferred.ts'
export { backOff } from '../session/backoff.ts'
