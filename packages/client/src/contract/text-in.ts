/** Texts that a stanza has in several languages (RFC 6121 sections 4.7.2.2, 5.2.3): each is a child of the same name. */
import type { Element } from '@rookery/protocol/xml'

/** The text in this language, or without one; the first where there is none. */
export function textIn(stanza: Element, name: string, language: string | undefined): string | undefined {
  let first: string | undefined
  for (const child of stanza.children) {
    if (typeof child === 'string' || !child.is(name, stanza.ns)) continue
    if (child.attr('xml:lang') === language) return child.text()
    first ??= child.text()
  }
  return first
}
