/** What a message is to the checker: its origin-id, its body, the archive's id (XEP-0359 0.7), and whether it was copied (XEP-0280 1.0) or held back (XEP-0203 2.0). */
import { NS } from '@rookery/protocol'
import type { Element } from '@rookery/protocol/xml'
import type { Arrival } from '../history.ts'

export const MAM = 'urn:xmpp:mam:2'
const CARBONS = 'urn:xmpp:carbons:2'
const FORWARD = 'urn:xmpp:forward:0'
const SID = 'urn:xmpp:sid:0'

export interface Received {
  readonly origin: string
  readonly body: string
  readonly stanzaId: string | undefined
  readonly arrival: Arrival
}

export const bare = (address: string | undefined): string => (address ?? '').split('/')[0]!

export const originOf = (message: Element): string =>
  message.child('origin-id', SID)?.attr('id') ?? message.attr('id') ?? ''

/** Undefined for what has no body, and for errors. `own` is the bare JID of the account: only its carbons and its archive's ids are believed. */
export function readMessage(element: Element, own: string): Received | undefined {
  if (element.name !== 'message' || element.attr('type') === 'error') return undefined
  const copy = copied(element, own)
  const message = copy ?? element
  const body = message.childText('body')
  if (body === undefined) return undefined
  const isDelayed = message.child('delay', 'urn:xmpp:delay') !== undefined
  return {
    origin: originOf(message),
    body,
    stanzaId: stanzaIdOf(message, own),
    arrival: copy !== undefined ? 'carbon' : isDelayed ? 'delayed' : 'live',
  }
}

/** What an archive gives in answer to the query of that id. */
export function readResult(element: Element, queryId: string): { id: string; message: Element } | undefined {
  const result = element.child('result', MAM)
  if (result === undefined || result.attr('queryid') !== queryId) return undefined
  const message = result.child('forwarded', FORWARD)?.child('message', NS.client)
  return message === undefined ? undefined : { id: result.attr('id') ?? '', message }
}

function copied(element: Element, own: string): Element | undefined {
  if (bare(element.attr('from') ?? own) !== own) return undefined
  const forwarded = element.child('received', CARBONS)?.child('forwarded', FORWARD)
  return forwarded?.child('message', NS.client)
}

function stanzaIdOf(message: Element, own: string): string | undefined {
  for (const child of message.childElements())
    if (child.is('stanza-id', SID) && child.attr('by') === own) return child.attr('id')
  return undefined
}
