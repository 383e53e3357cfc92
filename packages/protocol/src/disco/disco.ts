/**
 * Service discovery (XEP-0030 2.5.0) with its extension forms (XEP-0128 1.0.1): what an entity is and has. Wire form only:
 * who may know it is the feature's to decide. A question is the empty info or items.
 */
import {
  address,
  attribute,
  attributesOf,
  children,
  type ElementCodec,
  element,
  nonEmpty,
  optionalAttribute,
  string,
} from '../codec/index.ts'
import { type DataForm, dataForm } from '../forms/index.ts'
import type { Jid } from '../jid/index.ts'

export const DISCO_INFO_NS = 'http://jabber.org/protocol/disco#info'
export const DISCO_ITEMS_NS = 'http://jabber.org/protocol/disco#items'

export interface Identity {
  readonly category: string
  readonly type: string
  readonly name?: string | undefined
  /** The language of the name. */
  readonly lang?: string | undefined
}

export interface DiscoInfo {
  readonly node?: string | undefined
  readonly identities: readonly Identity[]
  readonly features: readonly string[]
  /** Extension forms. [XEP-0128 2] */
  readonly forms: readonly DataForm[]
}

export interface DiscoItem {
  readonly jid: Jid
  readonly node?: string | undefined
  readonly name?: string | undefined
}

export interface DiscoItems {
  readonly node?: string | undefined
  readonly items: readonly DiscoItem[]
}

const identity: ElementCodec<Identity> = element(DISCO_INFO_NS, 'identity', {
  category: attribute('category', nonEmpty), // [XEP-0030 3.1]
  type: attribute('type', nonEmpty),
  name: optionalAttribute('name', string),
  lang: optionalAttribute('xml:lang', string),
})

export const discoInfo: ElementCodec<DiscoInfo> = element(DISCO_INFO_NS, 'query', {
  node: optionalAttribute('node', string),
  identities: children(identity),
  features: attributesOf('feature', 'var', string),
  forms: children(dataForm),
})

const item: ElementCodec<DiscoItem> = element(DISCO_ITEMS_NS, 'item', {
  jid: attribute('jid', address), // [XEP-0030 4.1]
  node: optionalAttribute('node', string),
  name: optionalAttribute('name', string),
})

export const discoItems: ElementCodec<DiscoItems> = element(DISCO_ITEMS_NS, 'query', {
  node: optionalAttribute('node', string),
  items: children(item),
})
