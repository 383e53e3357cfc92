/** What PRECIS asks about characters, answered exactly, by our own tables. Bundles for browsers get `unicode-of-engine.ts` in its place. */
import { hasRightToLeft, satisfiesBidiRule } from './bidi.ts'

export { isFreeform, isIdentifier } from './code-points.ts'

/** The text, or undefined where something is written from right to left and not all by the Bidi Rule. [RFC5893 2] */
export function inOneDirection(text: string): string | undefined {
  return !hasRightToLeft(text) || satisfiesBidiRule(text) ? text : undefined
}
