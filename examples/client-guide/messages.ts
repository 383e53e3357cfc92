/** docs/guide/client.md: messages and their fates, stores, loops. */
import { type ChatMessage, type Client, chat, createClient, fileStore, messages } from '@rookery/client/node'
import type { Account } from './account.ts'

type Chatting = Client<readonly [typeof chat]>

export async function sendAndFollow(client: Chatting, show: (fate: string) => void): Promise<void> {
  const message = client.chat.send('juliet@localhost', 'But, soft!')
  message.onChange(({ fate }) => show(fate)) // sent (at once, with a connection), acked, delivered, displayed
  await message.reached('acked') // from here on the server answers for it
}

export function whatFailed(client: Chatting, to: string, ask: (question: string) => boolean): void {
  const message = client.chat.send(to, 'Art thou not Romeo?')
  const stop = message.onChange(({ fate, error }) => {
    if (fate === 'delivered') stop()
    if (fate === 'failed' && ask(`${error?.message} Send it again?`)) message.retry()
  })
}

export async function afterRestart(account: Account, folder: string, show: (text: string) => void): Promise<Chatting> {
  const client = await createClient({ ...account, use: [messages, chat], store: fileStore(folder) })
  for (const { to, fate, stanza } of client.messages.unacknowledged)
    show(`${stanza.element.childText('body')} to ${to}: ${fate}`)
  await client.connect() // now they go, in their order, those that arrived already not again
  return client
}

export async function readAll(client: Chatting, save: (message: ChatMessage) => Promise<void>): Promise<void> {
  for await (const message of client.chat.messages()) {
    await save(message) // acknowledged to the server after this: a crash before it brings the message again
  }
}

export function listen(client: Chatting, save: (message: ChatMessage) => Promise<void>): () => void {
  const stop = client.on('chat', (message) => save(message)) // held back until the promise settles
  return stop
}
