/**
 * A stanza as it is stored: without the declaration of its namespace, which the stream has made. Reads it again, whatever its size, and says
 * of a message that comes late when it came (XEP-0203 2.0).
 */
import { NS } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import { DELAY_NS, delay } from '@rookery/protocol/xeps/delay'
import { Element, parseElement, writeElement, type XmlLimits } from '@rookery/protocol/xml'

/** Of what is read from storage: it was within the limits when it came. */
export const storedLimits: XmlLimits = {
  bytes: 33_554_432,
  depth: 2048,
  elements: 10_000_000,
  attributes: 1_000_000,
  nameLength: 33_554_432,
  prefixes: 1_000_000,
}

/** Undefined for what this server did not write. */
export function readStanza(wire: string): Element | undefined {
  const name = /^<(message|presence|iq)(?=[ />])/.exec(wire)?.[0]
  if (name === undefined) return undefined
  const element = parseElement(`${name} xmlns='${NS.client}'${wire.slice(name.length)}`, storedLimits)
  return element instanceof Element ? element : undefined
}

const end = '</message>'

/** A message with the moment at which the host received it. [XEP-0203 3] */
export function delayed(wire: string, at: number, host: Jid): string {
  if (!wire.endsWith(end)) return wire
  return wire.slice(0, -end.length) + writeElement(delay.build({ from: host, stamp: at }), NS.client) + end
}

/** Whether the host has said that moment before. */
export function isDelayed(stanza: Element, host: Jid): boolean {
  const from = host.toString()
  return stanza.childElements().some((child) => child.is('delay', DELAY_NS) && child.attr('from') === from)
}
