/** What a message leaves in the archive when its author takes it back. XEP-0424 0.4.2 section 4. Pure. */

import { RETRACTION_NS, retracted, retractedBy } from '@rookery/protocol/xeps/retraction'
import { originId } from '@rookery/protocol/xeps/stanza-id'
import { Element, el, parseElement, writeElement } from '@rookery/protocol/xml'
import { storedLimits } from '../../stored-stanza.ts'

/**
 * The stored message without what it said; undefined where it stays: it is one already, or is itself a retraction, which has to be
 * found by whoever was away. `by`: the id of the message that takes it back. [XEP-0424 4, 5]
 */
export function tombstoneOf(stored: string, by: string, at: number): string | undefined {
  const message = parseElement(stored, storedLimits)
  if (!(message instanceof Element)) return undefined
  if (message.child('retracted', RETRACTION_NS) !== undefined || retractedBy(message) !== undefined) return undefined
  const { name, ns } = message
  const attribute = (key: string): string | undefined => message.attr(key)
  const attributes = { type: attribute('type'), id: attribute('id'), from: attribute('from'), to: attribute('to') }
  const origin = message.child(originId.name, originId.ns)
  return writeElement(el(name, ns, attributes, [retracted.build({ id: by, stamp: at }), origin]), ns)
}
