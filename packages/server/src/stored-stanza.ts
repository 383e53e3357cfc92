/** A stanza as it is stored: without the declaration of its namespace, which the stream has made. Reads it again, whatever its size. */
import { NS } from '@rookery/protocol'
import { Element, parseElement, type XmlLimits } from '@rookery/protocol/xml'

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
