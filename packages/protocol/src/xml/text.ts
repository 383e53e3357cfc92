/** Wire strings and escapes without platform APIs. Bundles for browsers get `wire-of-platform.ts` in its place. */
export { escapeAttribute, escapeText } from './escape.ts'
export { fromWire, toWire } from './wire.ts'
