/** What the tests of the client library call in a page: a small chat application, with texts and numbers only. */
import { type Client, type ClientState, chat, createClient, indexedDbStore, messages } from '@rookery/client'

interface Options {
  readonly jid: string
  readonly password: string
  readonly service: string
}

let client: Client<readonly [typeof chat, typeof messages]> | undefined
const received: string[] = []
const states: ClientState['name'][] = []
const fates = new Map<string, string>()

const app = {
  /** Opens what is kept; the answer is what was not acknowledged. */
  async open(options: Options): Promise<readonly string[]> {
    client = await createClient({ ...options, store: indexedDbStore(), use: [chat, messages] })
    client.on('state', ({ name }) => void states.push(name))
    client.on('chat', ({ body }) => void received.push(body ?? ''))
    const left = client.messages.unacknowledged
    for (const message of left) {
      fates.set(message.id, message.fate)
      message.onChange(({ id, fate }) => fates.set(id, fate))
    }
    return left.map(({ stanza }) => stanza.element.childText('body') ?? '')
  },

  /** The address of the session, and whether it is the one of before. */
  async connect(): Promise<{ jid: string }> {
    await client?.connect()
    return { jid: String(client?.jid) }
  },

  send(to: string, text: string): string {
    const message = client!.chat.send(to, text)
    fates.set(message.id, message.fate)
    message.onChange(({ id, fate }) => fates.set(id, fate))
    return message.id
  },

  fates: (): string[] => [...fates.values()],
  received: (): string[] => received,
  states: (): string[] => states,
  state: (): string | undefined => client?.state.name,
  async close(): Promise<void> {
    await client?.close()
  },
}

Object.assign(globalThis, { app })
