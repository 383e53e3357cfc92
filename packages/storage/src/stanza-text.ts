/** What storage reads out of a stored stanza: attributes of its start tag and the text of its bodies. For strings that may be anything. */
import { authenticated, Element, parseElement, type XmlLimits } from '@rookery/protocol/xml'

/** The server stamps stanzas after it has measured them, so what is stored may be a little larger than what may be sent. */
const stored: XmlLimits = { ...authenticated, bytes: 2 * authenticated.bytes }

/** The stanza without its content, or undefined if the string begins with no start tag. */
export function headOf(stanza: string): Element | undefined {
  const end = endOfStartTag(stanza)
  if (end === -1) return undefined
  const head = parseElement(`${stanza.slice(0, end)}/>`, stored)
  return head instanceof Element ? head : undefined
}

/** What is said in a message: its bodies, in whatever languages [RFC6121 5.2.3]. */
export function bodiesOf(stanza: string): string[] {
  const message = parseElement(stanza, stored)
  if (!(message instanceof Element)) return []
  return message
    .childElements()
    .filter((child) => child.is('body', message.ns))
    .map((body) => body.text())
}

/** The other side's very address in a message: where it went to or came from. */
export function addressOf(stanza: string, isOut: boolean): string | undefined {
  return headOf(stanza)?.attr(isOut ? 'to' : 'from')
}

/** The index of the '>' or '/>' that ends the first tag; -1 if there is none. */
function endOfStartTag(stanza: string): number {
  if (stanza.charCodeAt(0) !== 0x3c) return -1
  for (let i = 1; i < stanza.length; i++) {
    const c = stanza.charCodeAt(i)
    if (c === 0x3e) return stanza.charCodeAt(i - 1) === 0x2f ? i - 1 : i
    if (c !== 0x22 && c !== 0x27) continue
    i = stanza.indexOf(stanza[i]!, i + 1)
    if (i === -1) return -1
  }
  return -1
}
