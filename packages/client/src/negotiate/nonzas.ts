/**
 * How the few elements of a negotiation are read: by hand, because the machinery of codecs would weigh more than all that is said here.
 */
import { decodeBase64 } from '@rookery/protocol/sasl'
import type { Element } from '@rookery/protocol/xml'
import { ConnectError } from '../contract/errors.ts'

export function broken(ns: string): ConnectError {
  return new ConnectError('bad-answer', `The server breaks the rules of ${ns}.`)
}

/** What stands in it as base64; `=` alone is zero bytes. [RFC6120 6.4.6] Throws a ConnectError. */
export function bytesOf(element: Element | undefined, ns: string): Uint8Array {
  const bytes = decodeBase64(element?.text().trim().replace(/^=$/, '') ?? '')
  if (bytes === undefined) throw broken(ns)
  return bytes
}

/** What is in the children of this name. */
export function listOf(element: Element | undefined, name: string, read: (child: Element) => string): string[] {
  const found = element?.childElements().filter((child) => child.is(name, element.ns)) ?? []
  return found.map(read).filter((text) => text !== '')
}

/** A count of stanzas. [XEP-0198 4] */
export function countOf(element: Element): number | undefined {
  const text = element.attr('h')
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) % 2 ** 32 : undefined
}

export const textOf = (element: Element): string => element.text()
