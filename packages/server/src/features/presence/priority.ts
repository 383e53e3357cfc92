/** The priority of a presence: an integer from −128 to 127. RFC 6121 section 4.7.2.3. */
import { parseInteger, trim } from '@rookery/protocol/codec'
import type { Element } from '@rookery/protocol/xml'

/** 0 when none is given, undefined when what is given is none. */
export function priorityOf(presence: Element): number | undefined {
  let priority: number | undefined
  for (const child of presence.children) {
    if (typeof child === 'string' || !child.is('priority', presence.ns)) continue
    if (priority !== undefined || child.firstElement() !== undefined) return undefined // one, without mixed content
    priority = parseInteger(trim(child.text()))
    if (priority === undefined || priority < -128 || priority > 127) return undefined // [S135]
  }
  return priority ?? 0
}
