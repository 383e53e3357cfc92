/** XMPP over BOSH, XEP-0124 and XEP-0206. Its state is kept in the tab, so that a page that is loaded again goes on with the session. */
import type { Transport } from './transport.ts'
import { child, escaped, ns, parse, serialize } from './xml.ts'

interface State {
  readonly url: string
  readonly sid: string
  /** Of the next request. */
  rid: number
  /** Bodies that went out and have no answer yet, by their ids. */
  readonly pending: [rid: number, body: string][]
}

const key = 'bosh'
/** One request waits at the server, one more may bring something there: as long as hold is 1. */
const mostAtOnce = 2

const body = (attributes: Readonly<Record<string, string | number>>, inside = ''): string => {
  const texts = Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(String(value))}"`)
  return `<body xmlns="${ns.httpbind}"${texts.join('')}>${inside}</body>`
}

export class BoshTransport implements Transport {
  readonly isReliable = true
  readonly #url: string
  #state: State | undefined
  #queue: string[] = []
  #inFlight = 0
  /** Answers are read in the order of their requests, whichever comes first. [XEP-0124 14.2] */
  #turn: Promise<void> = Promise.resolve()
  #isPaused = false
  #isOver = false
  onElement: (element: Element) => void = () => {}
  onEnd: (reason: string) => void = () => {}

  constructor(url: string) {
    this.#url = url
  }

  /** Goes on with the session of the page that was here before: what it has no answer to is asked again. [XEP-0124 14.3] */
  static takeUp(): BoshTransport | undefined {
    const kept = sessionStorage.getItem(key)
    if (kept === null) return undefined
    const state: State = JSON.parse(kept)
    const transport = new BoshTransport(state.url)
    transport.#state = state
    // The page sets its handlers first.
    setTimeout(() => {
      for (const [rid, text] of state.pending) transport.#post(rid, text)
      transport.#pump()
    })
    return transport
  }

  async open(host: string): Promise<void> {
    const rid = Math.floor(Math.random() * 2 ** 40)
    const attributes = { to: host, rid, hold: 1, wait: 20, ver: '1.6', content: 'text/xml; charset=utf-8' }
    const xbosh = { 'xmlns:xmpp': ns.xbosh, 'xmpp:version': '1.0', 'xml:lang': 'en' }
    const answer = await this.#fetch(body({ ...attributes, ...xbosh }))
    const sid = answer.getAttribute('sid')
    if (sid === null) throw new Error(`no session: ${serialize(answer)}`)
    this.#state = { url: this.#url, sid, rid: rid + 1, pending: [] }
    this.#keep()
    // In a turn of its own: who opens it waits for what comes first.
    setTimeout(() => this.#take(answer))
  }

  send(xml: string): void {
    this.#queue.push(xml)
    this.#pump()
  }

  close(): void {
    this.#send({ type: 'terminate' }, this.#queue.splice(0).join(''))
  }

  /** Tells the server to expect nothing for so long; resolves when it has answered all that it held. [XEP-0124 10] */
  async pause(seconds: number): Promise<void> {
    this.#isPaused = true
    this.#send({ pause: seconds }, this.#queue.splice(0).join(''))
    while (this.#inFlight > 0) await this.#turn
  }

  #keep(): void {
    if (this.#isOver || this.#state === undefined) sessionStorage.removeItem(key)
    else sessionStorage.setItem(key, JSON.stringify(this.#state))
  }

  #pump(): void {
    if (this.#isOver || this.#isPaused || this.#inFlight >= mostAtOnce) return
    if (this.#queue.length === 0 && this.#inFlight > 0) return
    this.#send({}, this.#queue.splice(0).join(''))
  }

  #send(attributes: Readonly<Record<string, string | number>>, inside: string): void {
    const state = this.#state
    if (state === undefined || this.#isOver) return
    const rid = state.rid++
    const text = body({ sid: state.sid, rid, ...attributes }, inside)
    state.pending.push([rid, text])
    this.#keep()
    this.#post(rid, text)
  }

  #post(rid: number, text: string): void {
    this.#inFlight += 1
    const answer = this.#fetch(text)
    answer.catch(() => {})
    this.#turn = this.#turn.then(async () => {
      try {
        const element = await answer
        this.#answered(rid)
        this.#take(element)
      } catch (error) {
        this.#answered(rid)
        this.#end(String(error))
      }
      this.#pump()
    })
  }

  #answered(rid: number): void {
    this.#inFlight -= 1
    const pending = this.#state?.pending
    const index = pending?.findIndex(([one]) => one === rid) ?? -1
    if (index >= 0) pending?.splice(index, 1)
    this.#keep()
  }

  #take(answer: Element): void {
    for (const element of answer.children) this.onElement(element)
    if (answer.getAttribute('type') === 'terminate') this.#end(answer.getAttribute('condition') ?? 'ended')
    else if (child(answer, 'features', ns.streams) !== undefined) this.#pump()
  }

  #end(reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#keep()
    this.onEnd(reason)
  }

  async #fetch(text: string): Promise<Element> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'text/xml; charset=utf-8' },
      body: text,
    })
    if (!response.ok) throw new Error(`status ${response.status}`)
    return parse(await response.text())
  }
}
