/** What a client asks to be done with its roster, or why not. A pure decision. RFC 6121 sections 2.1.5 and 2.3.3. */
import { NS } from '@rookery/protocol'
import { type Jid, parseJid } from '@rookery/protocol/jid'
import { StanzaError } from '@rookery/protocol/stanza'
import { rosterItem } from '@rookery/protocol/xeps/roster'
import { type Element, toWire } from '@rookery/protocol/xml'
import type { Limits } from '../../config/limits.ts'

export interface RosterSet {
  /** Bare. */
  readonly contact: Jid
  readonly remove: boolean
  readonly name: string | undefined
  readonly groups: readonly string[]
}

export function readRosterSet(
  query: Element,
  owner: Jid,
  limits: Pick<Limits, 'rosterGroups' | 'rosterNameBytes'>,
): RosterSet | StanzaError {
  const elements = query.childElements().filter((child) => child.is('item', NS.roster))
  const element = elements[0]
  if (element === undefined || elements.length > 1)
    return new StanzaError('bad-request', { text: 'a roster set has exactly one item' }) // [RFC6121 2.1.5]
  const address = element.attr('jid')
  if (address === undefined) return new StanzaError('bad-request', { text: 'the item has no jid' }) // [RFC6121 2.1.2.3]
  const contact = parseJid(address)?.bare
  if (contact === undefined) return new StanzaError('jid-malformed', { text: 'the jid of the item is malformed' })
  if (contact.equals(owner)) return new StanzaError('not-allowed', { text: 'nobody is in the own roster' }) // [RFC6121 2.3.3]
  // subscriptions other than 'remove', ask and approved are the server's [RFC6121 2.1.5, 2.1.2.1, 2.1.2.2]
  if (element.attr('subscription') === 'remove') return { contact, remove: true, name: undefined, groups: [] }
  const item = rosterItem.parse(element)
  if (item === undefined || !('groups' in item)) return new StanzaError('bad-request')
  const name = item.name === '' ? undefined : item.name // [RFC6121 2.4.1]
  const { rosterGroups, rosterNameBytes } = limits
  const isTooLong = (text: string): boolean => rosterNameBytes > 0 && toWire(text).length > rosterNameBytes
  if (name !== undefined && isTooLong(name)) return new StanzaError('not-acceptable', { text: 'the name is too long' })
  if (item.groups.includes('')) return new StanzaError('not-acceptable', { text: 'a group has no name' })
  if (item.groups.some(isTooLong)) return new StanzaError('not-acceptable', { text: 'the name of a group is too long' })
  if (new Set(item.groups).size < item.groups.length)
    return new StanzaError('bad-request', { text: 'a group is named twice' })
  if (rosterGroups > 0 && item.groups.length > rosterGroups)
    return new StanzaError('not-acceptable', { text: `a contact is in ${rosterGroups} groups at most` }) // [S99]
  return { contact, remove: false, name, groups: item.groups }
}
