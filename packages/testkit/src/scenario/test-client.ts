/** A small raw client: it sends what it is told, keeps what comes in order, and knows just enough to log in. No TLS. */
import { toWire } from '@rookery/protocol/xml'
import type { Recipient } from './pattern.ts'
import { type StreamEvent, StreamReader } from './stream-reader.ts'
import type { RawConnection, Target } from './target.ts'
import { attributeOf, childOf, escapeXml, is, STREAM, showXml, textOf, type Xml } from './xml.ts'

export type ClientEvent = StreamEvent | { readonly kind: 'end' }

export interface Account {
  readonly local: string
  readonly domain: string
  readonly password: string
}

/** How far a client has come. */
export type Stage = 'nothing' | 'connected' | 'open' | 'authenticated' | 'bound' | 'ended'

export const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl'
export const SASL2 = 'urn:xmpp:sasl:2'
const MANAGEMENT = 'urn:xmpp:sm:3'
const BIND = 'urn:ietf:params:xml:ns:xmpp-bind'

export class TestClient {
  readonly name: string
  readonly account: Account | undefined
  readonly resource: string
  readonly host: string
  readonly #target: Target
  readonly #inbox: ClientEvent[] = []
  #connection: RawConnection | undefined
  #reader: StreamReader | undefined
  #wake: (() => void) | undefined
  #pings = 0
  /** The id of the last ping. */
  #fence: string | undefined
  stage: Stage = 'nothing'
  /** The full JID after binding. */
  address: string | undefined
  features: Xml | undefined
  hasHeader = false
  /** Has sent something since its last fence. */
  isDirty = false
  /** The last things sent and received, for the reader of a failure. */
  readonly transcript: string[] = []

  constructor(target: Target, name: string, account: Account | undefined, resource: string) {
    this.#target = target
    this.name = name
    this.account = account
    this.resource = resource
    this.host = account?.domain ?? target.host
  }

  get recipient(): Recipient {
    const bare = this.account ? `${this.account.local}@${this.account.domain}` : undefined
    return { bare, full: this.address }
  }

  get isConnected(): boolean {
    return this.stage !== 'nothing' && this.stage !== 'ended'
  }

  /** Everything that came and was not looked at yet. */
  takeAll(): readonly ClientEvent[] {
    return this.#inbox.splice(0)
  }

  async connect(): Promise<void> {
    const connection = await this.#target.connect()
    const arrived = (event: ClientEvent): void => {
      if (this.#connection === connection) this.#arrived(event)
    }
    const reader = new StreamReader(arrived)
    connection.onData = (wire) => reader.feed(wire)
    connection.onClose = () => arrived({ kind: 'end' })
    this.#connection = connection
    this.#reader = reader
    this.#inbox.length = 0
    this.address = undefined
    this.features = undefined
    this.hasHeader = false
    this.stage = 'connected'
  }

  /** Text, which is encoded on the way. */
  send(text: string): void {
    this.#note('>', text)
    this.isDirty = true
    this.#connection?.send(toWire(text))
  }

  header(attributes = ''): string {
    const standard = `xmlns='jabber:client' xmlns:stream='${STREAM}' to='${this.host}' version='1.0'`
    return `<?xml version='1.0'?><stream:stream ${standard}${attributes}>`
  }

  /** After SASL, before the next stream header. */
  restart(): void {
    this.#reader?.restart()
    this.hasHeader = false
    this.features = undefined
  }

  /** Sends a header, waits for the answer and the features. */
  async openStream(): Promise<void> {
    this.send(this.header())
    await this.#expectHeader()
    await this.expectFeatures()
    if (this.stage === 'connected') this.stage = 'open'
  }

  async expectFeatures(): Promise<Xml> {
    if (this.features) return this.features
    const event = await this.next()
    if (event?.kind !== 'element' || !is(event.xml, 'features', STREAM))
      throw new Error(`no stream features, but ${describe(event)}`)
    this.features = event.xml
    return event.xml
  }

  async authenticate(): Promise<void> {
    if (!this.account) throw new Error(`${this.name} has no account`)
    const { local, password } = this.account
    const response = Buffer.from(`\0${local}\0${password}`, 'utf8').toString('base64')
    this.send(`<auth xmlns='${SASL}' mechanism='PLAIN'>${response}</auth>`)
    const event = await this.next()
    if (event?.kind !== 'element' || !is(event.xml, 'success', SASL))
      throw new Error(`no <success/>, but ${describe(event)}`)
    this.restart()
    await this.openStream()
    this.stage = 'authenticated'
  }

  /** Sends a login by XEP-0388, with what stands beside the response; what comes of it is left to be looked at. */
  async authenticateWith(inline: string): Promise<void> {
    if (!this.account) throw new Error(`${this.name} has no account`)
    await this.advance('open')
    const { local, password } = this.account
    const response = Buffer.from(`\0${local}\0${password}`, 'utf8').toString('base64')
    const initial = `<initial-response>${response}</initial-response>`
    this.send(`<authenticate xmlns='${SASL2}' mechanism='PLAIN'>${initial}${inline}</authenticate>`)
  }

  async bind(): Promise<void> {
    const resource = `<resource>${escapeXml(this.resource)}</resource>`
    this.send(`<iq type='set' id='bind'><bind xmlns='${BIND}'>${resource}</bind></iq>`)
    const event = await this.next()
    const result = event?.kind === 'element' ? event.xml : undefined
    const bound = result && childOf(result, 'bind', BIND)
    const jid = bound && childOf(bound, 'jid', BIND)
    if (!jid) throw new Error(`no resource was bound, but ${describe(event)}`)
    this.address = textOf(jid).trim()
    this.stage = 'bound'
    this.transcript.splice(0, Number.POSITIVE_INFINITY, `is connected as ${this.address}`)
  }

  /** Goes on from where it is until it has come as far as asked. */
  async advance(stage: 'connected' | 'open' | 'authenticated' | 'bound'): Promise<void> {
    const order: readonly Stage[] = ['connected', 'open', 'authenticated', 'bound']
    if (!this.isConnected) await this.connect()
    const wanted = order.indexOf(stage)
    if (order.indexOf(this.stage) < wanted && this.stage === 'connected') await this.openStream()
    if (order.indexOf(this.stage) < wanted && this.stage === 'open') await this.authenticate()
    if (order.indexOf(this.stage) < wanted && this.stage === 'authenticated') await this.bind()
  }

  /** Asks the server something and waits for the answer: all it had for us before has then arrived. */
  async fence(): Promise<void> {
    if (this.stage !== 'bound') return
    this.isDirty = false
    const id = `fence-${++this.#pings}`
    this.#fence = id
    this.#connection?.send(`<iq type='get' id='${id}' to='${this.host}'><ping xmlns='urn:xmpp:ping'/></iq>`)
    const answer = await this.take((xml) => xml.name === 'iq' && attributeOf(xml, 'id') === id)
    if (!answer)
      throw new Error(`${this.name}'s ping was not answered${this.#ended() ? ': the connection has ended' : ''}`)
  }

  /** What came first and was not looked at yet. */
  async next(patience: number = this.#patience): Promise<ClientEvent | undefined> {
    const deadline = Date.now() + patience
    while (this.#inbox.length === 0 && (await this.#more(deadline))) {}
    const event = this.#inbox.shift()
    if (event?.kind === 'header') this.hasHeader = true
    return event
  }

  /** The first element of a kind; what came before it stays. Undefined when none comes. */
  async take(wanted: (xml: Xml) => boolean): Promise<Xml | undefined> {
    const deadline = Date.now() + this.#patience
    for (;;) {
      const found = this.takeNow(wanted)
      if (found || this.#ended() || !(await this.#more(deadline))) return found
    }
  }

  /** The same, of what is there already. */
  takeNow(wanted: (xml: Xml) => boolean): Xml | undefined {
    const index = this.#inbox.findIndex((event) => event.kind === 'element' && wanted(event.xml))
    const [event] = index < 0 ? [] : this.#inbox.splice(index, 1)
    return event?.kind === 'element' ? event.xml : undefined
  }

  /** Ends the stream and waits for the server to do the same; what came before stays to be looked at. [RFC6120 4.4] */
  async disconnect(): Promise<void> {
    this.send('</stream:stream>')
    const deadline = Date.now() + this.#patience
    while (!this.#inbox.some(({ kind }) => kind === 'close' || kind === 'end') && (await this.#more(deadline))) {}
    const closed = this.#inbox.findIndex(({ kind }) => kind === 'close')
    if (closed < 0) throw new Error(`the server did not end ${this.name}'s stream`)
    this.#inbox.splice(closed, 1)
    this.close()
  }

  close(): void {
    this.stage = 'ended'
    const end = this.#inbox.findIndex(({ kind }) => kind === 'end')
    if (end >= 0) this.#inbox.splice(end, 1)
    this.#connection?.close()
    this.#connection = undefined
  }

  destroy(): void {
    this.stage = 'ended'
    this.#connection?.destroy()
    this.#connection = undefined
  }

  get #patience(): number {
    return this.#target.patience ?? 10_000
  }

  #ended(): boolean {
    return this.#inbox.some(({ kind }) => kind === 'end')
  }

  #arrived(event: ClientEvent): void {
    if (!isFenceReply(event)) this.#note('<', describe(event))
    if (event.kind === 'element' && is(event.xml, 'success', SASL2)) this.#loggedIn(event.xml)
    if (event.kind === 'element' && is(event.xml, 'resumed', MANAGEMENT)) this.#resumed()
    // the answer to one of an earlier connection, which nobody has acknowledged [XEP-0198 5]
    if (isFenceReply(event) && !isAnswerTo(event, this.#fence)) return
    this.#inbox.push(event)
    this.#wake?.()
  }

  /** The address is a full one where a resource was bound with the login. [XEP-0388 2.6.1] */
  #loggedIn(success: Xml): void {
    const identifier = childOf(success, 'authorization-identifier', SASL2)
    const address = identifier === undefined ? '' : textOf(identifier).trim()
    this.stage = address.includes('/') ? 'bound' : 'authenticated'
    if (this.stage === 'bound') this.address = address
  }

  /** The session of before goes on. [XEP-0198 5] */
  #resumed(): void {
    this.stage = 'bound'
    this.address = `${this.account?.local}@${this.account?.domain}/${this.resource}`
  }

  /** Waits for anything to arrive; false when the time is over. */
  #more(deadline: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => finish(false), Math.max(0, deadline - Date.now()))
      const finish = (result: boolean): void => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve(result)
      }
      this.#wake = () => finish(true)
    })
  }

  async #expectHeader(): Promise<void> {
    const event = await this.next()
    if (event?.kind !== 'header') throw new Error(`no stream header, but ${describe(event)}`)
  }

  #note(direction: '<' | '>', text: string): void {
    this.transcript.push(`${direction} ${text.length > 600 ? `${text.slice(0, 600)}…` : text}`)
  }
}

const isAnswerTo = (event: ClientEvent, id: string | undefined): boolean =>
  event.kind === 'element' && attributeOf(event.xml, 'id') === id

const isFenceReply = (event: ClientEvent): boolean =>
  event.kind === 'element' && event.xml.name === 'iq' && (attributeOf(event.xml, 'id') ?? '').startsWith('fence-')

export const describe = (event: ClientEvent | undefined): string => {
  switch (event?.kind) {
    case undefined:
      return 'nothing'
    case 'header':
      return `a stream header ${showXml(event.xml)}`
    case 'element':
      return showXml(event.xml)
    case 'close':
      return '</stream:stream>'
    case 'broken':
      return `something that is not XML (${event.reason})`
    case 'end':
      return 'the end of the connection'
  }
}
