/**
 * The roster (RFC 6121 section 2.1): question, result, set and push are one element. How many items a set may have,
 * and which subscriptions count in it, is for the feature to judge.
 */
import {
  address,
  attribute,
  boolean,
  children,
  type ElementCodec,
  element,
  ignorableAttribute,
  oneOf,
  optionalAttribute,
  string,
  texts,
} from '../codec/index.ts'
import type { Jid } from '../jid/index.ts'
import * as NS from '../namespaces.ts'
import { type Element, el } from '../xml/index.ts'

export type Subscription = 'none' | 'to' | 'from' | 'both' | 'remove'

export interface RosterItem {
  readonly jid: Jid
  readonly name?: string | undefined
  /** Missing means `none`; an unknown value was ignored. [RFC6121 2.1.2.5] */
  readonly subscription?: Subscription | undefined
  /** A subscription was asked for and not answered yet. [RFC6121 2.1.2.2] */
  readonly ask?: 'subscribe' | undefined
  /** The contact may subscribe without asking. [RFC6121 2.1.2.1] */
  readonly approved?: boolean | undefined
  /** As sent, with duplicates and empty ones, which a set must not have. [RFC6121 2.3.3] */
  readonly groups: readonly string[]
}

export interface Roster {
  /** The version the client has, or the one that the items lead to. [RFC6121 2.6] */
  readonly ver?: string | undefined
  readonly items: readonly RosterItem[]
}

export const rosterItem: ElementCodec<RosterItem> = element(NS.roster, 'item', {
  jid: attribute('jid', address),
  name: optionalAttribute('name', string),
  subscription: ignorableAttribute('subscription', oneOf('none', 'to', 'from', 'both', 'remove')),
  ask: ignorableAttribute('ask', oneOf('subscribe')),
  approved: ignorableAttribute('approved', boolean),
  groups: texts('group'),
})

export const roster: ElementCodec<Roster> = element(NS.roster, 'query', {
  ver: optionalAttribute('ver', string),
  items: children(rosterItem),
})

/** Stream feature: the server knows roster versions. [RFC6121 2.6.1] */
export const rosterVersioningFeature: Element = el('ver', 'urn:xmpp:features:rosterver')

/** Stream feature: the server knows pre-approval. [RFC6121 3.4] */
export const preApprovalFeature: Element = el('sub', 'urn:xmpp:features:pre-approval')
