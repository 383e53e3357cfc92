/** How calls become flat operations and answers become values again. */
import { OPERATIONS, type Operation, type Value } from './message.ts'

export const code = (operation: Operation): number => OPERATIONS.indexOf(operation)

export const asNumber = (value: Value): number => value as number
export const asBoolean = (value: Value): boolean => value as boolean
export const asNothing = (): undefined => undefined
export const asText = (value: Value): string | undefined => value as string | undefined

/** Limits may be Infinity; SQL wants an integer. */
export const asLimit = (limit: number): number => Math.max(0, Math.min(limit, Number.MAX_SAFE_INTEGER))
