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

/** Printable ASCII that stands for itself. */
const PLAIN = /^[ -%'-;=-~]*$/

/** The id of a stanza. A plain one, as nearly all are, is read without a parser: this is done for every message. */
export function idOf(stanza: string): string | undefined {
  if (stanza.charCodeAt(0) !== 0x3c) return undefined
  for (let i = 1; i < stanza.length; i++) {
    const c = stanza.charCodeAt(i)
    if (c === 0x3e) return undefined
    if (c !== 0x22 && c !== 0x27) continue
    const end = stanza.indexOf(stanza[i]!, i + 1)
    if (end === -1) return undefined
    if (isValueOfId(stanza, i)) {
      const value = stanza.slice(i + 1, end)
      return PLAIN.test(value) ? value : headOf(stanza)?.attr('id')
    }
    i = end
  }
  return undefined
}

/** Whether the quote at this index begins the value of an attribute called id, and of no other. [XML 2.3, 3.1] */
function isValueOfId(stanza: string, quote: number): boolean {
  let i = beforeSpace(stanza, quote - 1)
  if (stanza.charCodeAt(i) !== 0x3d) return false
  i = beforeSpace(stanza, i - 1)
  return stanza.charCodeAt(i) === 0x64 && stanza.charCodeAt(i - 1) === 0x69 && isSpace(stanza.charCodeAt(i - 2))
}

function beforeSpace(stanza: string, from: number): number {
  let i = from
  while (isSpace(stanza.charCodeAt(i))) i--
  return i
}

function isSpace(c: number): boolean {
  return c === 0x20 || c === 0x09 || c === 0x0a || c === 0x0d
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
