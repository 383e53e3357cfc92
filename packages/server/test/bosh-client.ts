/** For tests: a client over BOSH, with every request in the hands of the test. */
import assert from 'node:assert/strict'
import { NS } from '@rookery/protocol'
import { Element, parseElement } from '@rookery/protocol/xml'
import type { Server } from '@rookery/server'
import { portOf } from './websocket-client.ts'

export const httpBind = 'http://jabber.org/protocol/httpbind'
const xbosh = 'urn:xmpp:xbosh'

export type Attributes = Record<string, string | number | undefined>

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** As it came. */
  readonly text: string
  /** Undefined where the answer has no body. */
  readonly body: Element | undefined
}

export class BoshClient {
  readonly #url: string
  readonly #headers: Record<string, string>
  rid: number
  sid = ''

  constructor(
    server: Server,
    options: { kind?: 'http' | 'https'; headers?: Record<string, string>; rid?: number } = {},
  ) {
    const { kind = 'http', headers = {}, rid = 1_573_741_820 } = options
    this.#url = `${kind}://127.0.0.1:${portOf(server, kind)}/http-bind`
    this.#headers = headers
    this.rid = rid
  }

  /** Any bytes. */
  async raw(text: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(this.#url, { method: 'POST', body: text, headers: this.#headers, ...init })
    const answer = await response.text()
    const element = answer === '' ? undefined : parseElement(Buffer.from(answer).toString('latin1'))
    return {
      status: response.status,
      headers: response.headers,
      text: answer,
      body: element instanceof Element ? element : undefined,
    }
  }

  /** A body as it is written; the rid and the sid are added. */
  write(attributes: Attributes, payload = '', rid = this.rid++): string {
    const all: Attributes = { rid, sid: this.sid === '' ? undefined : this.sid, ...attributes }
    const text = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [` ${name}='${value}'`]))
    return `<body xmlns='${httpBind}' xmlns:xmpp='${xbosh}'${text.join('')}>${payload}</body>`
  }

  post(attributes: Attributes = {}, payload = '', init: RequestInit = {}): Promise<Answer> {
    return this.raw(this.write(attributes, payload), init)
  }

  /** Asks for a session. */
  async open(attributes: Attributes = {}): Promise<Element> {
    const standard = { to: 'localhost', wait: 60, hold: 1, ver: '1.6', 'xml:lang': 'en', 'xmpp:version': '1.0' }
    const { body } = await this.post({ ...standard, ...attributes })
    this.sid = body?.attr('sid') ?? ''
    assert.ok(this.sid, String(body))
    return body!
  }

  /** The first element of a kind, polling for it. */
  async ask(payload: string, name: string, attributes: Attributes = {}): Promise<Element> {
    let { body } = await this.post(attributes, payload)
    for (let i = 0; i < 5; i++) {
      const found = [...(body?.childElements() ?? [])].find((element) => element.name === name)
      if (found !== undefined) return found
      assert.equal(body?.attr('type'), undefined, String(body))
      body = (await this.post()).body
    }
    return assert.fail(`no <${name}/>`)
  }

  async login(local = 'romeo', attributes: Attributes = {}): Promise<string> {
    await this.open(attributes)
    await this.ask(`<auth xmlns='${NS.sasl}' mechanism='PLAIN'>${btoa(`\0${local}\0secret`)}</auth>`, 'success')
    await this.ask('', 'features', { 'xmpp:restart': 'true', to: 'localhost' })
    const bind = `<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='${NS.bind}'/></iq>`
    const iq = await this.ask(bind, 'iq')
    return iq.child('bind', NS.bind)?.childText('jid', NS.bind) ?? ''
  }
}
