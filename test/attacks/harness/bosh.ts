/** A BOSH client by hand (XEP-0124, XEP-0206). */
import { Agent, request } from 'node:http'
import { auth, bind } from './client.ts'

export const BODY = 'http://jabber.org/protocol/httpbind'
const XBOSH = 'urn:xmpp:xbosh'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** One request. `body` is a wire string; node:http has headers of its own beside `headers`. */
export function post(
  port: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
  options: { readonly method?: string; readonly path?: string; readonly agent?: Agent } = {},
): Promise<Answer> {
  const { method = 'POST', path = '/http-bind', agent = new Agent({ keepAlive: false }) } = options
  return new Promise((resolve, reject) => {
    const made = request(
      {
        port,
        host: '127.0.0.1',
        method,
        path,
        agent,
        headers: { Host: 'a.example', 'Content-Type': 'text/xml; charset=utf-8', ...headers },
      },
      (response) => {
        let came = ''
        response.setEncoding('latin1')
        response.on('data', (piece: string) => {
          came += piece
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: came }))
        response.on('error', reject)
      },
    )
    made.on('error', reject)
    made.end(Buffer.from(body, 'latin1'))
  })
}

export class BoshClient {
  readonly port: number
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 })
  sid = ''
  rid = Math.floor(Math.random() * 1_000_000) + 1000
  /** Everything that came. */
  received = ''

  constructor(port: number) {
    this.port = port
  }

  body(payload: string, attributes = ''): string {
    this.rid++
    return `<body xmlns='${BODY}' xmlns:xmpp='${XBOSH}' rid='${this.rid}' sid='${this.sid}' ${attributes}>${payload}</body>`
  }

  async send(payload: string, attributes = ''): Promise<Answer> {
    const answer = await post(this.port, this.body(payload, attributes), {}, { agent: this.#agent })
    this.received += answer.body
    return answer
  }

  /** Asks for more until it has come. */
  async waitFor(pattern: RegExp, patience = 10_000): Promise<string> {
    for (const deadline = Date.now() + patience; !pattern.test(this.received); ) {
      if (Date.now() > deadline) throw new Error(`no ${pattern} in ${this.received.slice(-600)}`)
      const { body } = await this.send('')
      if (body.includes("type='terminate'")) throw new Error(`ended: ${body}`)
    }
    return this.received
  }

  async create(host = 'a.example', attributes = "wait='1' hold='1'"): Promise<Answer> {
    const wire = `<body xmlns='${BODY}' xmlns:xmpp='${XBOSH}' rid='${this.rid}' to='${host}' xmpp:version='1.0' ver='1.11' ${attributes}/>`
    const answer = await post(this.port, wire, {}, { agent: this.#agent })
    this.received += answer.body
    this.sid = /\ssid='([^']*)'/.exec(answer.body)?.[1] ?? ''
    return answer
  }

  async login(local: string, resource: string, host = 'a.example'): Promise<void> {
    await this.create(host)
    await this.waitFor(/<mechanisms/)
    await this.send(auth(local))
    await this.waitFor(/<success/)
    await this.send('', `to='${host}' xmpp:restart='true'`)
    await this.waitFor(/<bind /)
    await this.send(bind(resource).replace('<iq ', "<iq xmlns='jabber:client' "))
    await this.waitFor(/<iq [^>]*id='bind'/)
    this.received = ''
  }

  async end(): Promise<void> {
    await this.send('', "type='terminate'").catch(() => undefined)
    this.#agent.destroy()
  }
}
