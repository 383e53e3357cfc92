/**
 * Which characters names can have, by the Unicode of the JavaScript engine: for bundles for browsers. These are all of
 * `name-characters.ts`, and beyond ASCII those letters and marks that Unicode got after its version 2, or that are only variants of others.
 */

const start = /^[A-Z_a-z\u212e\p{L}\p{Nl}]$/u
const other = /^[-.\xb7\u0387\u06dd\u06de\p{M}\p{Nd}]$/u

export function isNameStart(c: number): boolean {
  return c < 0xf900 && start.test(String.fromCharCode(c))
}

export function isNameCharacter(c: number): boolean {
  return isNameStart(c) || (c < 0xf900 && other.test(String.fromCharCode(c)))
}
