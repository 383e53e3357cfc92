/** What the tests of the client library call in a page, or in a worker of it: a small chat application, with texts and numbers only. */
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

  /** Calls one of these in a worker, which is made when it is needed; one call after the other. */
  inWorker(kind: 'Worker' | 'SharedWorker', ...call: readonly [name: string, ...values: unknown[]]): Promise<unknown> {
    port ??= (kind === 'Worker' ? new Worker('/page.js', module) : new SharedWorker('/page.js', module).port) as Port
    const one = port
    return new Promise((resolve, reject) => {
      one.onmessage = ({ data: { answer, error } }) =>
        error === undefined ? resolve(answer) : reject(new Error(error))
      one.postMessage(call)
    })
  },
}

const module = { type: 'module' } as const
/** What a worker and the port of a shared one have both. */
interface Port {
  onmessage: ((event: MessageEvent) => void) | null
  postMessage(value: unknown): void
}
let port: Port | undefined

/** In a worker: does what the page wants. */
function serve(page: Port): void {
  page.onmessage = async ({ data: [name, ...values] }: MessageEvent<[name: string, ...values: unknown[]]>) => {
    const calls = app as unknown as Record<string, (...values: unknown[]) => unknown>
    try {
      page.postMessage({ answer: await calls[name]!(...values) })
    } catch (error) {
      page.postMessage({ error: String(error) })
    }
  }
}

if (globalThis.document === undefined) {
  serve(globalThis as unknown as Port)
  Object.assign(globalThis, { onconnect: ({ ports }: MessageEvent) => serve(ports[0]!) })
}
Object.assign(globalThis, { app })
