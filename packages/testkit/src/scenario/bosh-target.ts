/**
 * This server in the same process, reached over BOSH. Scenarios speak as over TCP; here what they send at a time becomes a body, and
 * the tags of a stream its attributes (XEP-0124, XEP-0206). One request is always held.
 */
import { readBoshBody } from '@rookery/protocol/stream'
import { type StreamOpen, writeAttribute, writeElement, XmlError } from '@rookery/protocol/xml'
import type { ServerOptions } from '@rookery/server'
import { startHttpTarget } from './http-target.ts'
import { generous, headerWith, StreamPieces } from './stream-pieces.ts'
import type { RawConnection, Target } from './target.ts'

/** Under way at a time. */
const mostRequests = 2

/** A client that breaks off is found out by its silence: the server is told a short one, and scenarios wait for it. */
const inactivity = 5

export const startBoshTarget = async (options: ServerOptions = {}): Promise<Target> => {
  const http = { ...options.http, boshInactivitySeconds: inactivity }
  const target = await startHttpTarget(
    'bosh',
    { ...options, http },
    async (port, config) => new BoshConnection(`http://127.0.0.1:${port}${config.http.boshPath}`),
  )
  return { ...target, patience: (inactivity + 4) * 1000 }
}

class BoshConnection implements RawConnection {
  onData: (wire: string) => void = () => {}
  onClose: () => void = () => {}
  readonly #url: string
  readonly #pieces = new StreamPieces()
  readonly #broken = new AbortController()
  /** Bodies to be sent, without the attributes that number them. */
  readonly #waiting: string[] = []
  #rid = Math.floor(Math.random() * 2 ** 40) + 1
  #sid: string | undefined
  #underWay = 0
  #answers: Promise<void> = Promise.resolve()
  #isOver = false
  /** The last header. */
  #asked: StreamOpen | undefined

  constructor(url: string) {
    this.#url = url
  }

  send(wire: string): void {
    let payload = ''
    for (const piece of this.#pieces.cut(wire)) {
      if (piece.kind === 'element') payload += writeElement(piece.element, '')
      else if (piece.kind === 'raw') payload += piece.wire
      else {
        if (payload !== '') this.#waiting.push(`>${payload}</body>`)
        payload = ''
        this.#waiting.push(piece.kind === 'close' ? ` type='terminate'/>` : `${this.#opening(piece.open)}/>`)
      }
    }
    if (payload !== '') this.#waiting.push(`>${payload}</body>`)
    this.#pump()
  }

  #opening(open: StreamOpen): string {
    const attribute = (name: string, value: string | undefined): string =>
      value === undefined ? '' : writeAttribute(name, value)
    const common =
      attribute('to', open.attr('to')) +
      attribute('from', open.attr('from')) +
      attribute('xml:lang', open.attr('xml:lang'))
    const isNew = this.#asked === undefined
    this.#asked = open
    if (!isNew) {
      // there is no answer to a restart but what the stream says then
      queueMicrotask(() => this.onData(headerWith(` version='1.0'${this.#from(undefined)}`)))
      return `${common} xmpp:restart='true'`
    }
    return `${common} ver='1.11' wait='60' hold='1'${attribute('xmpp:version', open.attr('version'))}`
  }

  #pump(): void {
    while (!this.#isOver && this.#waiting.length > 0 && this.#underWay < (this.#sid === undefined ? 1 : mostRequests))
      this.#post(this.#waiting.shift()!)
    if (!this.#isOver && this.#sid !== undefined && this.#underWay === 0) this.#post('/>')
  }

  #post(rest: string): void {
    const sid = this.#sid === undefined ? '' : writeAttribute('sid', this.#sid)
    const head = `<body xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh' rid='${this.#rid++}'${sid}`
    const body = new Uint8Array(Buffer.from(head + rest, 'latin1'))
    const answer = fetch(this.#url, { method: 'POST', body, signal: this.#broken.signal })
      .then(async (response) => Buffer.from(await response.arrayBuffer()).toString('latin1'))
      .catch(() => undefined)
    this.#underWay++
    this.#answers = this.#answers.then(async () => this.#take(await answer))
  }

  #take(wire: string | undefined): void {
    this.#underWay--
    if (this.#isOver) return
    const body = wire === undefined ? undefined : readBoshBody(wire)
    const payloads = body === undefined || body instanceof XmlError ? [] : body.payloads(generous)
    if (body === undefined || body instanceof XmlError || payloads instanceof XmlError) return this.#end()
    if (this.#sid === undefined) {
      this.#sid = body.attr('sid')
      this.onData(
        headerWith(` version='1.0'${writeAttribute('id', body.attr('authid') ?? '')}${this.#from(body.attr('from'))}`),
      )
    }
    for (const payload of payloads) this.onData(writeElement(payload, ''))
    if (body.attr('type') === 'terminate') {
      this.onData('</stream:stream>')
      return this.#end()
    }
    this.#pump()
  }

  /** The host, as a header over TCP names it. */
  #from(from: string | undefined): string {
    return writeAttribute('from', from ?? this.#asked?.attr('to') ?? '')
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.onClose()
  }

  close(): void {
    this.#end()
    this.#broken.abort()
  }

  destroy(): void {
    this.#isOver = true
    this.#broken.abort()
    setImmediate(() => this.onClose())
  }
}
