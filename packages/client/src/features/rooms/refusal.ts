/** Why a room did not let us in, and what to do about it (XEP-0045 7.2.16, and 7.6 for nicknames). */
import { type Presence, readStanzaError, StanzaError, type StanzaErrorCondition } from '@rookery/protocol/stanza'
import { RequestError } from '../../contract/errors.ts'

const advice: { readonly [C in StanzaErrorCondition]?: string } = {
  'not-authorized': 'give its password',
  'registration-required': 'ask to be invited',
  forbidden: 'you are banned',
  conflict: 'choose another nickname',
  'service-unavailable': 'it is full',
  'item-not-found': 'there is no such room yet',
  'not-allowed': 'you may not make rooms',
  'not-acceptable': 'use your registered nickname',
}

export function refusalOf(presence: Presence): RequestError {
  const error = readStanzaError(presence.element)
  const { condition, text } = error
  const said = [advice[condition], text].filter((part) => part !== undefined).join('; ')
  return new RequestError(new StanzaError(condition, { ...error, text: said || undefined }), `${presence.from}`)
}

/** Whether the same may work later. */
export function isPassing({ condition, type }: RequestError): boolean {
  return type === 'wait' || passing.includes(condition)
}

/** `conflict`: the room may not have noticed yet that our last session is over. `item-not-found`: it is being set up. [XEP-0045 10.1] */
const passing: readonly StanzaErrorCondition[] = [
  'conflict',
  'item-not-found',
  'service-unavailable',
  'internal-server-error',
  'remote-server-not-found',
  'remote-server-timeout',
]
