/** What errors of stanzas and of streams have in common (RFC 6120 8.3.2, 4.9.2): a defined condition, a text, and a condition of the application. */
import { type Element, el } from './xml/index.ts'

export interface Described<Condition> {
  readonly condition: Condition
  readonly text: string | undefined
  readonly application: Element | undefined
  /** Stands in the condition. */
  readonly redirect?: string | undefined
}

/** The children of an error, in their order. */
export function describe(
  ns: string,
  { condition, text, application, redirect }: Described<string>,
): (Element | undefined)[] {
  const words = text === undefined ? undefined : el('text', ns, { 'xml:lang': 'en' }, text)
  return [el(condition, ns, {}, redirect), words, application]
}

/** What is missing or unknown reads as `undefined-condition`. */
export function described<Condition extends string>(
  error: Element | undefined,
  ns: string,
  conditions: readonly Condition[],
): Described<Condition | 'undefined-condition'> {
  return {
    condition: conditions.find((known) => error?.child(known, ns)) ?? 'undefined-condition',
    text: error?.childText('text', ns),
    application: error?.childElements().find((child) => child.ns !== ns),
  }
}
