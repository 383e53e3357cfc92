/** A contact as applications see it, and as it is kept. */
import type { Jid } from '@rookery/protocol/jid'
import type { RosterItem } from '@rookery/protocol/xeps/roster'
import { readJid } from '../../contract/address.ts'

export interface Contact {
  readonly jid: Jid
  /** What the owner of the account calls them. */
  readonly name: string | undefined
  readonly groups: readonly string[]
  /** Who sees whose presence: `to`: we see theirs, `from`: they see ours. [RFC6121 2.1.2.5] */
  readonly subscription: 'none' | 'to' | 'from' | 'both'
  /** We have asked to see theirs, and they have not answered. */
  readonly isAsked: boolean
  /** They may see ours as soon as they ask. [RFC6121 3.4] */
  readonly isApproved: boolean
}

export function contactOf({ jid, name, groups, subscription, ask, approved }: RosterItem): Contact {
  return {
    jid: jid.bare,
    name,
    groups: groupsOf(groups),
    subscription: subscription === undefined || subscription === 'remove' ? 'none' : subscription,
    isAsked: ask !== undefined,
    isApproved: approved === true,
  }
}

/** Each once, and none without a name. [RFC6121 2.3.3] */
export function groupsOf(groups: readonly string[]): readonly string[] {
  return [...new Set(groups)].filter((group) => group !== '')
}

/** What was kept; undefined where it is not what we write. */
export function readKept(row: string | undefined): { ver: string | undefined; contacts: Contact[] } | undefined {
  try {
    const { ver, contacts } = JSON.parse(row ?? '') as { ver?: string; contacts: (Contact & { jid: unknown })[] }
    return { ver, contacts: contacts.map((contact) => ({ ...contact, jid: readJid(String(contact.jid)) })) }
  } catch {
    return undefined
  }
}
