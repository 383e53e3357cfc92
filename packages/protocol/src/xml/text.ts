/** Wire strings of bytes, and escapes. Bundles for browsers get `wire-of-strings.ts` in its place. */
export { escapeAttribute, escapeText } from './escape.ts'
export { fromWire, toWire } from './wire.ts'
