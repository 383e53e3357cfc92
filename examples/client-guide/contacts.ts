/** docs/guide/client.md: roster and presence. */
import type { Client, presence, roster } from '@rookery/client/node'

type Contacts = Client<readonly [typeof roster, typeof presence]>

export async function addContact(client: Contacts, jid: string): Promise<void> {
  await client.roster.set(jid, { name: 'Juliet', groups: ['Verona'] })
  client.roster.subscribe(jid, { status: 'We met at the ball.' }) // asks to see their presence
}

export function answerRequests(client: Contacts, ask: (question: string) => boolean): void {
  client.on('subscription:request', ({ jid, status }) => {
    if (ask(`${jid} wants to see you: ${status ?? ''}`)) client.roster.approve(jid)
    else client.roster.deny(jid)
  })
}

export function showContacts(client: Contacts, draw: (line: string) => void): void {
  for (const { jid, name } of client.roster.contacts) {
    const device = client.presence.best(jid) // undefined: they are not there, or we may not know
    draw(`${name ?? jid}: ${device === undefined ? 'offline' : (device.show ?? 'available')} ${device?.status ?? ''}`)
  }
  client.on('roster', ({ changed, removed }) => draw(`${changed.length} changed, ${removed.length} removed`))
  client.on('presence:changed', ({ jid, isAvailable }) => draw(`${jid} ${isAvailable ? 'is there' : 'left'}`))
}

export function sayHowIAm(client: Contacts): void {
  client.presence.set({ show: 'away', status: 'In the orchard', priority: 5, idleSince: Date.now() - 60_000 })
}
