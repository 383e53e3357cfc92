/** Why a room did not let us in, and what to do about it (XEP-0045 7.2.16, and 7.6 for nicknames). */
import { type Presence, readStanzaError, StanzaError, type StanzaErrorCondition } from '@rookery/protocol/stanza'
import { RequestError } from '../../errors.ts'

const advice: { readonly [C in StanzaErrorCondition]?: string } = {
  'not-authorized': 'give the password of the room',
  'registration-required': 'it is for members: ask to be invited',
  forbidden: 'you are banned from it',
  conflict: 'the nickname is taken: choose another',
  'service-unavailable': 'it is full: try again later',
  'item-not-found': 'it does not exist, or is not ready yet',
  'not-allowed': 'you may not create rooms here',
  'not-acceptable': 'use the nickname that you are registered with',
}

export function refusalOf(presence: Presence): RequestError {
  const { condition, type, text, application } = readStanzaError(presence.element)
  const said = [advice[condition], text].filter((part) => part !== undefined).join('; ')
  return new RequestError(
    new StanzaError(condition, { type, application, text: said || undefined }),
    `${presence.from}`,
  )
}

/** Whether the same may work later. */
export function isPassing({ condition, type }: RequestError): boolean {
  return type === 'wait' || passing.has(condition)
}

/** `conflict`: the room may not have noticed yet that our last session is over. */
const passing: ReadonlySet<StanzaErrorCondition> = new Set<StanzaErrorCondition>([
  'conflict',
  'service-unavailable',
  'internal-server-error',
  'remote-server-not-found',
  'remote-server-timeout',
])
