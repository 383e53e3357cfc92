/**
 * Multi-User Chat (XEP-0045 1.35.5): how one joins, what a room says about its occupants, its lists, and its configuration. The fields of
 * its forms are in muc-forms.ts. What a room says is read liberally: an oddity in one place does not hide the rest.
 */
import {
  address,
  attribute,
  dateTime,
  type ElementCodec,
  element,
  ignorableAttribute,
  ignorableChildren,
  ignorableText,
  integer,
  mapped,
  oneOf,
  optionalAttribute,
  optionalChild,
  optionalText,
  string,
} from '../codec/index.ts'
import { type DataForm, dataForm } from '../forms/index.ts'
import type { Jid } from '../jid/index.ts'

export const MUC_NS = 'http://jabber.org/protocol/muc'
export const MUC_USER_NS = 'http://jabber.org/protocol/muc#user'
export const MUC_ADMIN_NS = 'http://jabber.org/protocol/muc#admin'
export const MUC_OWNER_NS = 'http://jabber.org/protocol/muc#owner'
/** The node of a room that knows by which nickname somebody is registered. [XEP-0045 7.12] */
export const MUC_RESERVED_NICK = 'x-roomuser-item'

/** What somebody is to a room, in it or not; from most to least. [XEP-0045 5.2] */
export type Affiliation = 'owner' | 'admin' | 'member' | 'none' | 'outcast'
/** What an occupant may do, for as long as they are there. [XEP-0045 5.1] */
export type Role = 'moderator' | 'participant' | 'visitor' | 'none'

export interface MucHistory {
  readonly maxChars?: number | undefined
  readonly maxStanzas?: number | undefined
  readonly seconds?: number | undefined
  /** Milliseconds since 1970 in UTC. */
  readonly since?: number | undefined
}

export interface MucJoin {
  readonly password?: string | undefined
  /** How much of what was said before; all limits hold together, and a room may send less. [XEP-0045 7.2.14] */
  readonly history?: MucHistory | undefined
}

const natural = integer(0)

/** In the presence that enters a room. [XEP-0045 7.2.1] */
export const mucJoin: ElementCodec<MucJoin> = element(MUC_NS, 'x', {
  history: optionalChild(
    element(MUC_NS, 'history', {
      maxChars: optionalAttribute('maxchars', natural),
      maxStanzas: optionalAttribute('maxstanzas', natural),
      seconds: optionalAttribute('seconds', natural),
      since: optionalAttribute('since', dateTime),
    }),
  ),
  password: optionalText('password'),
})

export interface MucItem {
  readonly affiliation?: Affiliation | undefined
  readonly role?: Role | undefined
  /** The address of the person, where the room shows it. */
  readonly jid?: Jid | undefined
  readonly nick?: string | undefined
  /** Who did it. */
  readonly actor?: { readonly jid?: Jid | undefined; readonly nick?: string | undefined } | undefined
  readonly reason?: string | undefined
}

const jid = ignorableAttribute('jid', address)
const nick = optionalAttribute('nick', string)
const reason = ignorableText('reason')

const itemIn = /* @__NO_SIDE_EFFECTS__ */ (ns: string): ElementCodec<MucItem> =>
  element(ns, 'item', {
    affiliation: ignorableAttribute('affiliation', oneOf('owner', 'admin', 'member', 'none', 'outcast')),
    role: ignorableAttribute('role', oneOf('moderator', 'participant', 'visitor', 'none')),
    jid,
    nick,
    actor: optionalChild(element(ns, 'actor', { jid, nick })),
    reason,
  })

export interface MucDestroy {
  /** Where to go instead. */
  readonly jid?: Jid | undefined
  /** Of that place; an owner says it, nobody is told it. [XEP-0045 10.9] */
  readonly password?: string | undefined
  readonly reason?: string | undefined
}

const destroyIn = /* @__NO_SIDE_EFFECTS__ */ (ns: string): ElementCodec<MucDestroy> =>
  element(ns, 'destroy', { jid, password: ignorableText('password'), reason })

export interface MucDecline {
  /** Who was invited; the room says so. */
  readonly from?: Jid | undefined
  /** Who invited; the decliner says so. */
  readonly to?: Jid | undefined
  readonly reason?: string | undefined
}

export interface MucInvite extends MucDecline {
  /** The room goes on with a chat of two, the thread of which may be given. [XEP-0045 7.9] */
  readonly continue?: { readonly thread?: string | undefined } | undefined
}

const from = ignorableAttribute('from', address)
const to = ignorableAttribute('to', address)

export interface MucUser {
  /** Of a presence one; what it says is about its sender. */
  readonly items: readonly MucItem[]
  /** See muc-status.ts. */
  readonly statuses: readonly number[]
  /** To a room any number, from a room one. [XEP-0045 7.8.2] */
  readonly invites: readonly MucInvite[]
  readonly decline?: MucDecline | undefined
  /** The room is no more. */
  readonly destroy?: MucDestroy | undefined
  /** To enter with, beside an invitation. */
  readonly password?: string | undefined
}

/** What a room says in presence and messages; also invitations through a room, and the mark of a private message. [XEP-0045 7.5] */
export const mucUser: ElementCodec<MucUser> = element(MUC_USER_NS, 'x', {
  items: ignorableChildren(itemIn(MUC_USER_NS)),
  statuses: mapped(
    ignorableChildren(element(MUC_USER_NS, 'status', { code: attribute('code', integer(100, 999)) })),
    (list): readonly number[] => list.map(({ code }) => code),
    (codes) => codes.map((code) => ({ code })),
  ),
  invites: ignorableChildren(
    element(MUC_USER_NS, 'invite', {
      from,
      to,
      reason,
      continue: optionalChild(element(MUC_USER_NS, 'continue', { thread: optionalAttribute('thread', string) })),
    }),
  ),
  decline: optionalChild(element(MUC_USER_NS, 'decline', { from, to, reason })),
  destroy: optionalChild(destroyIn(MUC_USER_NS)),
  password: ignorableText('password'),
})

/** A list of roles or affiliations: what is asked for, what is answered, and what is changed. [XEP-0045 8, 9] */
export const mucAdmin: ElementCodec<{ readonly items: readonly MucItem[] }> = element(MUC_ADMIN_NS, 'query', {
  items: ignorableChildren(itemIn(MUC_ADMIN_NS)),
})

export interface MucOwner {
  /** The configuration. An empty submission takes the room as it is. [XEP-0045 10.1.2] */
  readonly form?: DataForm | undefined
  readonly destroy?: MucDestroy | undefined
}

/** Configuration and end of a room; with neither it asks for the form. [XEP-0045 10] */
export const mucOwner: ElementCodec<MucOwner> = element(MUC_OWNER_NS, 'query', {
  form: optionalChild(dataForm),
  destroy: optionalChild(destroyIn(MUC_OWNER_NS)),
})
