/** What PRECIS asks about characters, answered exactly, by our own tables. Bundles for browsers get `unicode-of-engine.ts` in its place. */
import { hasRightToLeft, satisfiesBidiRule } from './bidi.ts'

export { isFreeform, isIdentifier } from './code-points.ts'

/** Is there nothing written from right to left, or all of it by the Bidi Rule? [RFC5893 2] */
export function keepsDirection(text: string): boolean {
  return !hasRightToLeft(text) || satisfiesBidiRule(text)
}
