/**
 * What PRECIS asks about characters, answered by the Unicode of the JavaScript engine: for bundles for browsers, where our tables would be
 * a third of a client. It allows whatever `unicode.ts` allows, and more: characters newer than the engine, any company of those that need
 * certain company (RFC 5892 appendix A), and any mix of directions. A client may, because its server prepares every address again.
 */

/** Exceptions and OldHangulJamo, PrecisIgnorableProperties, Controls, and what else no class has. [RFC8264 9] The two joiners stay. */
const forbidden =
  /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{DI}\p{NChar}\u0640\u07fa\u1100-\u11ff\u302e\u302f\u3031-\u3035\u303b\ua960-\ua97c\ud7b0-\ud7c6\ud7cb-\ud7fb]/u

/** ASCII7, LetterDigits, and the exceptions that are neither. [RFC8264 9] */
const identifier =
  /^[\u200c-\u200d!-~\p{Ll}\p{Lu}\p{Lo}\p{Lm}\p{Mn}\p{Mc}\p{Nd}\p{Cn}\xb7\u0375\u05f3\u05f4\u06fd\u06fe\u0f0b\u3007\u30fb]*$/u

/** Does the string consist only of what the FreeformClass allows? [RFC8264 4.3] */
export function isFreeform(text: string): boolean {
  return !forbidden.test(text)
}

/** Does the string consist only of what the IdentifierClass allows? [RFC8264 4.2] No character may have a compatibility equivalent. */
export function isIdentifier(text: string): boolean {
  return identifier.test(text) && isFreeform(text) && [...text].every((char) => char.normalize('NFKC') === char)
}

/** The Bidi Rule [RFC5893 2] is left to the server. */
export function inOneDirection(text: string): string | undefined {
  return text
}
