/** The answers of service discovery, made from what the features declared. XEP-0030 2.5.0, XEP-0128 1.0.1. */
import { DISCO_INFO_NS, DISCO_ITEMS_NS } from '@rookery/protocol/disco'
import type { Jid } from '@rookery/protocol/jid'
import { type Element, el } from '@rookery/protocol/xml'
import type { CataloguePower } from '../../powers.ts'

/** Without forms for an account. A request's node is mirrored. [XEP-0030 3.1, 3.2] */
export function infoOf(catalogue: CataloguePower, at: 'host' | 'account'): Element {
  return el('query', DISCO_INFO_NS, {}, [
    ...catalogue
      .identities(at)
      .map(({ category, type, name }) => el('identity', DISCO_INFO_NS, { category, type, name })),
    ...catalogue.features(at).map((feature) => el('feature', DISCO_INFO_NS, { var: feature })),
    ...(at === 'host' ? catalogue.forms() : []),
  ])
}

/** Of somebody who logged in without an account, made of the answer for an account. [XEP-0175 5] */
export function guestInfoOf(account: Element): Element {
  return account.withChildren(
    account
      .childElements()
      .map((child) => (child.attr('category') === 'account' ? child.with({ type: 'anonymous' }) : child)),
  )
}

export function itemsAnswer(items: readonly Element[]): Element {
  return el('query', DISCO_ITEMS_NS, {}, items)
}

/** The connected resources of an account. [XEP-0030 4.1] */
export function resourceItems(addresses: readonly Jid[]): Element[] {
  return addresses.map((address) => el('item', DISCO_ITEMS_NS, { jid: address.toString() }))
}
