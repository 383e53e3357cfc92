/** What an account has registered for push notifications, how the list changes, and how it is written down. XEP-0357 0.4.1. Pure. */
import { type Jid, parseJid } from '@rookery/protocol/jid'
import { Element, parseElement } from '@rookery/protocol/xml'
import type { DocumentForm } from '../../account-documents.ts'

export interface Registration {
  /** The push service. */
  readonly service: Jid
  readonly node: string | undefined
  /** The form of publish options that goes with every notification, as wire XML. */
  readonly options: string | undefined
  /** Of the client that registered last. */
  readonly resource: string
}

export type Registrations = readonly Registration[]

export const none: Registrations = []

/** Beyond these no client goes that means well. */
export const mostNodeLength = 1024
export const mostOptionsBytes = 4096

/** The combination of service and node is what counts. [XEP-0357 5] */
export function isSamePlace(one: Registration, other: Registration): boolean {
  return one.service.equals(other.service) && one.node === other.node
}

export function isSame(one: Registration, other: Registration): boolean {
  return isSamePlace(one, other) && one.options === other.options && one.resource === other.resource
}

/** The latest request is the one that counts; the last in the list was made last. [XEP-0357 5] */
export function added(list: Registrations, one: Registration, most: number): Registrations {
  const last = list.at(-1)
  if (last !== undefined && isSame(last, one)) return list
  const rest = list.filter((other) => !isSamePlace(other, one))
  return [...rest.slice(Math.max(0, rest.length - most + 1)), one]
}

export function removed(list: Registrations, isMeant: (one: Registration) => boolean): Registrations {
  const rest = list.filter((one) => !isMeant(one))
  if (rest.length === list.length) return list
  return rest.length === 0 ? none : rest
}

/** Service and node, as the client names them; all nodes without one. [XEP-0357 6] */
export function meant(service: Jid, node: string | undefined): (one: Registration) => boolean {
  return (one) => one.service.equals(service) && (node === undefined || one.node === node)
}

/**
 * In whose name notifications are sent: that of the server, as the specification shows it [XEP-0357 7]. To a user, or to a service
 * of our own domain, only in that of the account: the name of the server means more there than a client may borrow. [S104]
 */
export function publisherFor(service: Jid, account: Jid, host: Jid): Jid {
  const { domain } = service
  const isOurs = domain === host.domain || domain.endsWith(`.${host.domain}`)
  return isOurs || service.local !== '' ? account : host
}

export const registrationsForm: DocumentForm<Registrations> = {
  key: 'push:registrations',
  empty: none,
  print: (list) => JSON.stringify(list.map((one) => ({ ...one, service: one.service.toString() }))),
  parse(text) {
    const list = JSON.parse(text) as (Omit<Registration, 'service'> & { service: string })[]
    return list.flatMap(({ service, node, options, resource }) => {
      const address = parseJid(service)
      return address === undefined ? [] : [{ service: address, node, options, resource }]
    })
  },
}

/** The form of publish options as an element; it was within the limits when it came. */
export function optionsOf({ options }: Registration): Element | undefined {
  const found = options === undefined ? undefined : parseElement(options)
  return found instanceof Element ? found : undefined
}
