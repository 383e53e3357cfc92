/** Contacts, their presence and their messages, as lines. */
import {
  type Client,
  type Contact,
  type ContactPresence,
  carbons,
  chatWith,
  presence,
  roster,
} from '@rookery/client/node'
import { type Jid, parseJid } from '@rookery/protocol/jid'
import { messageEntry, messageText } from './message-lines.ts'
import { type Output, timeOf } from './output.ts'

/**
 * With copies of what the account's other devices send and get. Those who may see that we are there may also know that their messages have
 * arrived; others may not.
 */
export const peopleFeatures = [roster, presence, carbons, chatWith({ receipts: roster })] as const

export interface Filter {
  /** Nobody else. */
  readonly whom: string | undefined
  readonly only: 'presence' | 'messages' | undefined
  readonly signal: AbortSignal
}

export function showPeople(client: Client<typeof peopleFeatures>, output: Output, filter: Filter): void {
  const { only, signal } = filter
  const whom = filter.whom === undefined ? undefined : parseJid(filter.whom)?.bare
  const isWanted = (jid: Jid): boolean => whom === undefined || jid.bare.equals(whom)
  const options = { signal } // at the end the client tells that all are gone: they are not
  if (only !== 'presence')
    client.on(
      'chat',
      (message) => {
        if (!isWanted(message.peer)) return
        output.entry({ event: 'message', ...messageEntry(message), own: message.isOwn })
        output.say(
          `${timeOf(message.at)} ${message.isOwn ? `to ${message.peer}` : message.peer}: ${messageText(message)}`,
        )
      },
      options,
    )
  if (only === 'messages') return
  client.on(
    'presence:changed',
    (one) => {
      if (isWanted(one.jid) && client.jid?.equals(one.jid) !== true) showPresence(one, output)
    },
    options,
  )
  client.on(
    'subscription:request',
    ({ jid, status }) => {
      if (!isWanted(jid)) return
      output.entry({ event: 'request', from: jid.toString(), status })
      output.say(`${timeOf(Date.now())} ${jid} asks to see your presence${withWords(status)}`)
    },
    options,
  )
}

export function showContacts(contacts: readonly Contact[], output: Output): void {
  for (const { jid, name, groups, subscription } of contacts)
    output.entry({ event: 'contact', jid: jid.toString(), name, groups, subscription })
  const names = contacts.map(({ jid, name }) => (name === undefined ? `${jid}` : `${name} <${jid}>`))
  output.say(names.length === 0 ? 'No contacts yet.' : `Contacts: ${names.join(', ')}`)
}

const shows = {
  available: 'is there',
  chat: 'is there, and likes to chat',
  away: 'is away',
  xa: 'is away for longer',
  dnd: 'does not want to be disturbed',
} as const

function showPresence({ jid, isAvailable, show, status, at }: ContactPresence, output: Output): void {
  output.entry({
    event: 'presence',
    at: new Date(at).toISOString(),
    from: jid.toString(),
    available: isAvailable,
    show,
    status,
  })
  output.say(`${timeOf(at)} ${jid} ${isAvailable ? shows[show ?? 'available'] : 'is gone'}${withWords(status)}`)
}

export function withWords(status: string | undefined): string {
  return status === undefined || status === '' ? '' : `: ${status}`
}
