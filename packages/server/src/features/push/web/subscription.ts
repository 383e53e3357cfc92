/** The browsers of an account that have a node at the built-in push service, and how they are written down. RFC 8030. Pure. */
import type { DocumentForm } from '../../../account-documents.ts'

export interface Subscription {
  /** Where to post to. */
  readonly endpoint: string
  /** The browser's public key, and its secret. [RFC8291 2.1, 3.2] */
  readonly p256dh: string
  readonly auth: string
  readonly node: string
  /** What the publisher of a notification must know. [XEP-0357 3.2] */
  readonly secret: string
}

export type Subscriptions = readonly Subscription[]

export const none: Subscriptions = []

/** The browser's old entry goes, with the one used longest ago if there are too many. */
export function added(list: Subscriptions, one: Subscription, most: number): Subscriptions {
  const rest = list.filter(({ endpoint }) => endpoint !== one.endpoint)
  return [...rest.slice(Math.max(0, rest.length - most + 1)), one]
}

/** Without a node: all. */
export function dropped(list: Subscriptions, node: string | undefined): Subscriptions {
  const rest = node === undefined ? none : list.filter((one) => one.node !== node)
  if (rest.length === list.length) return list
  return rest.length === 0 ? none : rest
}

export const subscriptionsForm: DocumentForm<Subscriptions> = {
  key: 'push:browsers',
  empty: none,
  print: (list) => JSON.stringify(list),
  parse: (text) => JSON.parse(text) as Subscription[],
}
