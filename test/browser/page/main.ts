/** What the tests call in the page. All in `xmpp`, with texts and numbers only. */
import { BoshTransport } from './bosh.ts'
import { Client, type Entered } from './client.ts'
import { Scram, Token } from './sasl.ts'
import type { Transport } from './transport.ts'
import { WebSocketTransport } from './websocket.ts'

const client = new Client()
let ownAgent: string | undefined
/** Names this installation to the server. Not before it is asked for: pages that came without TLS cannot make one. */
const agent = (): string => (ownAgent ??= crypto.randomUUID())
let transport: Transport | undefined

const connect = (url: string): Transport =>
  (transport = url.startsWith('ws') ? new WebSocketTransport(url) : new BoshTransport(url))

const parts = (jid: string): [local: string, host: string] => {
  const [local = '', host = ''] = jid.split('@')
  return [local, host]
}

const xmpp = {
  client,

  /** The addresses of the server's WebSocket and BOSH, by its host-meta.json (XEP-0156). */
  async discover(base: string): Promise<Record<string, string>> {
    const response = await fetch(`${base}/.well-known/host-meta.json`)
    const { links }: { links: { rel: string; href?: string }[] } = await response.json()
    return Object.fromEntries(links.map(({ rel, href = '' }) => [rel.split(':').at(-1), href]))
  },

  enter(url: string, jid: string, password: string): Promise<Entered> {
    const [local, host] = parts(jid)
    return client.enter(host, connect(url), new Scram(local, password), agent())
  },

  /** Comes back with the token it was given. */
  enterAgain(url: string, jid: string): Promise<Entered> {
    const [local, host] = parts(jid)
    return client.enter(host, connect(url), new Token(local, client.token ?? ''), agent())
  },

  /** A page that was loaded again, over BOSH: goes on where the one before was. */
  takeUp(): boolean {
    const taken = BoshTransport.takeUp()
    if (taken === undefined) return false
    transport = taken
    client.use(taken)
    return true
  },

  async pause(seconds: number): Promise<void> {
    if (transport instanceof BoshTransport) await transport.pause(seconds)
  },

  /** What a page gets that only tries: 'open', or how it was refused. */
  async tryWebSocket(url: string): Promise<string> {
    const socket = new WebSocket(url, 'xmpp')
    return new Promise((resolve) => {
      socket.onopen = () => resolve('open')
      socket.onclose = ({ code }) => resolve(`closed with ${code}`)
    })
  },

  async tryFetch(url: string, method: 'GET' | 'POST'): Promise<string> {
    try {
      const response = await fetch(url, { method, ...(method === 'POST' ? { body: '<body/>' } : {}) })
      return `status ${response.status}`
    } catch (error) {
      return String(error)
    }
  },
}

Object.assign(globalThis, { xmpp })
