/** What people of many behaviours do. */
import {
  type AnyExtension,
  type ChatEvents,
  type ChatMessage,
  type Client,
  type ClientCore,
  type Extension,
  presence,
  roster,
} from '@rookery/client/node'
import { next, type Stage, when } from './stage.ts'

/** All texts of others that come, in order; `until` waits for one of them. */
export function heard(client: Client<readonly [Extension<'chat', unknown, ChatEvents>]>): {
  readonly all: string[]
  readonly messages: ChatMessage[]
  readonly until: (text: string) => Promise<undefined>
} {
  const all: string[] = []
  const messages: ChatMessage[] = []
  client.on('chat', (message) => {
    messages.push(message)
    all.push(message.body ?? '')
  })
  return { all, messages, until: (text) => when(client, 'chat', () => all.includes(text)) }
}

type Contacts = readonly [typeof presence, typeof roster]

/** Each sees the other's presence. */
export async function befriend(one: Client<Contacts>, other: Client<Contacts>): Promise<void> {
  await follow(one, other)
  await follow(other, one)
}

/** The one sees the presence of the other. */
export async function follow(one: Client<Contacts>, other: Client<Contacts>): Promise<void> {
  const asked = next(other, 'subscription:request')
  one.roster.subscribe(other.jid!)
  await asked
  const seen = next(one, 'presence:changed', ({ jid, isAvailable }) => isAvailable && jid.equals(other.jid!))
  other.roster.approve(one.jid!)
  await seen
}

/**
 * Resolves when this client knows that the other is there. Its server does as well then: some (ejabberd) tell of what a client publishes those
 * alone whose presence that client has been told.
 */
export async function sees(client: ClientCore, other: ClientCore): Promise<undefined> {
  const seer = client as unknown as Client<readonly [typeof presence]>
  await when(seer, 'presence:changed', () => seer.use(presence).best(other.jid!) !== undefined)
}

/** Two who were contacts before they came, and of whom the server knows what they want to be told of. */
export async function couple<const X extends readonly AnyExtension[]>(
  stage: Stage,
  use: X,
): Promise<{ readonly romeo: Client<X>; readonly juliet: Client<X> }> {
  const before = [
    await stage.login('romeo', [presence, roster]),
    await stage.login('juliet', [presence, roster]),
  ] as const
  await befriend(...before)
  for (const client of before) await client.close()
  const romeo = await stage.follower('romeo', use)
  const juliet = await stage.follower('juliet', use)
  await sees(romeo, juliet)
  await sees(juliet, romeo)
  return { romeo, juliet }
}

/** All that a list gives. */
export async function allOf<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of list) all.push(one)
  return all
}
