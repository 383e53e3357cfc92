/** A chat application in a page, with all that most of them use. Tests call it through `app`, and hand it functions of their own. */
import {
  archive,
  avatars,
  bookmarks,
  type Client,
  type ClientOptions,
  carbons,
  chat,
  createClient,
  indexedDbStore,
  messages,
  presence,
  type Room,
  rooms,
  roster,
} from '@rookery/client'

const use = [archive, avatars, bookmarks, carbons, chat, messages, presence, rooms, roster] as const

/** Milliseconds for what a test waits for. */
const patience = 20_000

export class App {
  client!: Client<typeof use>
  room: Room | undefined
  /** Texts of chats, of others and of the own other devices, in the order they came. */
  readonly heard: string[] = []
  /** Texts said in rooms. */
  readonly heardInRooms: string[] = []
  readonly states: string[] = []
  readonly errors: string[] = []

  /** Opens what is kept; the answer is what is in it: the texts that were not acknowledged. */
  async open(options: Pick<ClientOptions, 'jid' | 'password' | 'service' | 'patience'>): Promise<readonly string[]> {
    this.client = await createClient({ ...options, use, store: indexedDbStore() })
    const { client } = this
    client.on('state', (state) => {
      this.states.push(state.name === 'online' && state.resumed ? 'online again' : state.name)
    })
    client.on('error', (error) => void this.errors.push(String(error)))
    client.on('chat', (message) => {
      this.heard.push(message.body ?? '')
      if (!message.isOwn) client.chat.markDisplayed(message)
    })
    client.on('room:message', ({ body = '' }) => void this.heardInRooms.push(body))
    return client.messages.unacknowledged.map(({ stanza }) => stanza.element.childText('body') ?? '')
  }

  /** The address of the session. */
  async enter(options: Pick<ClientOptions, 'jid' | 'password' | 'service' | 'patience'>): Promise<string> {
    await this.open(options)
    await this.client.connect()
    return String(this.client.jid)
  }

  /** Looks again and again whether it is so: an error says for what it was waited, and what has happened. */
  async until(what: string, isSo: () => unknown): Promise<undefined> {
    const end = Date.now() + patience
    while (!(await isSo())) {
      if (Date.now() > end) {
        const { states, errors, heard, heardInRooms } = this
        throw new Error(`${what}: not in time; ${JSON.stringify({ states, errors, heard, heardInRooms })}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

Object.assign(globalThis, { app: new App() })
