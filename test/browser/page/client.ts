/**
 * The smallest client that logs in with SASL2 (XEP-0388), Bind 2 (XEP-0386) and a token (XEP-0484), chats, and resumes (XEP-0198).
 * Written for the tests, and from the specifications alone: nothing of Rookery's own is in it.
 */
import type { Mechanism } from './sasl.ts'
import type { Transport } from './transport.ts'
import { child, escaped, ns } from './xml.ts'

export interface Heard {
  readonly from: string
  readonly to: string
  readonly body: string
  readonly isCopy: boolean
}

export interface Entered {
  readonly jid: string
  readonly isResumed: boolean
  /** Elements that came from the features of the stream to being online. */
  readonly answers: number
}

const isStanza = (element: Element): boolean =>
  element.namespaceURI === ns.client && ['message', 'presence', 'iq'].includes(element.localName)

export class Client {
  jid = ''
  token: string | undefined
  /** Why the last stream ended. */
  ended: string | undefined
  readonly heard: Heard[] = []
  #transport: Transport | undefined
  /** To resume with; undefined where the session cannot be. */
  #session: string | undefined
  #counts = false
  #handled = 0
  #acknowledged = 0
  /** Stanzas the server has not acknowledged. */
  #unsure: string[] = []
  #next: ((element: Element) => void) | undefined

  get isResumable(): boolean {
    return this.#session !== undefined
  }

  /** Logs in, with the session before this one if there is one. */
  async enter(host: string, transport: Transport, mechanism: Mechanism, agent: string): Promise<Entered> {
    let answers = 0
    const next = async (): Promise<Element> => {
      answers += 1
      return this.#one(transport)
    }
    const features = this.#one(transport)
    await transport.open(host)
    if (child(await features, 'authentication', ns.sasl2) === undefined) throw new Error('no SASL2 here')
    transport.send(this.#authenticate(mechanism.name, await mechanism.first(), agent, !transport.isReliable))
    let answer = await next()
    while (answer.localName === 'challenge') {
      const response = await mechanism.answer(answer.textContent)
      transport.send(`<response xmlns="${ns.sasl2}">${response}</response>`)
      answer = await next()
    }
    if (answer.localName !== 'success') throw new Error(`refused: ${answer.firstElementChild?.localName}`)
    if (!(await mechanism.proves(child(answer, 'additional-data', ns.sasl2)?.textContent ?? '')))
      throw new Error('the server does not know the secret')
    this.token = child(answer, 'token', ns.fast)?.getAttribute('token') ?? this.token
    const resumed = child(answer, 'resumed', ns.management)
    this.use(transport)
    if (resumed === undefined) this.#begin(answer)
    else this.#resume(resumed)
    return { jid: this.jid, isResumed: resumed !== undefined, answers }
  }

  /** Everything that comes from now on is for this client. */
  use(transport: Transport): void {
    this.#transport = transport
    this.ended = undefined
    transport.onElement = (element) => this.#take(element)
    transport.onEnd = (reason) => {
      if (this.#transport !== transport) return
      this.#transport = undefined
      this.ended = reason
    }
  }

  say(to: string, body: string): void {
    const id = crypto.randomUUID()
    this.#send(
      `<message xmlns="${ns.client}" to="${escaped(to)}" type="chat" id="${id}"><body>${escaped(body)}</body></message>`,
    )
  }

  leave(): void {
    this.#session = undefined
    this.#transport?.close()
  }

  /** The next element, before there is a session. */
  #one(transport: Transport): Promise<Element> {
    return new Promise((resolve, reject) => {
      this.#next = resolve
      transport.onElement = (element) => this.#next?.(element)
      transport.onEnd = (reason) => reject(new Error(reason))
    })
  }

  #authenticate(mechanism: string, first: string, agent: string, manages: boolean): string {
    const session =
      this.#session === undefined
        ? ''
        : `<resume xmlns="${ns.management}" previd="${this.#session}" h="${this.#handled}"/>`
    const management = manages ? `<enable xmlns="${ns.management}" resume="true"/>` : ''
    const features = `${management}<enable xmlns="${ns.carbons}"/>`
    const bind = `<bind xmlns="${ns.bind2}"><tag>page</tag>${features}</bind>`
    const fast = mechanism.startsWith('HT-')
      ? `<fast xmlns="${ns.fast}"/>`
      : `<request-token xmlns="${ns.fast}" mechanism="HT-SHA-256-NONE"/>`
    const userAgent = `<user-agent id="${agent}"><software>page</software></user-agent>`
    const initial = `<initial-response>${first}</initial-response>`
    return `<authenticate xmlns="${ns.sasl2}" mechanism="${mechanism}">${initial}${userAgent}${session}${bind}${fast}</authenticate>`
  }

  #begin(success: Element): void {
    this.jid = child(success, 'authorization-identifier', ns.sasl2)?.textContent ?? ''
    const enabled = child(child(success, 'bound', ns.bind2), 'enabled', ns.management)
    this.#session = enabled?.getAttribute('id') ?? undefined
    this.#counts = enabled !== undefined
    this.#handled = this.#acknowledged = 0
    const lost = this.#unsure.splice(0)
    this.#send(`<presence xmlns="${ns.client}"/>`)
    for (const stanza of lost) this.#send(stanza)
  }

  #resume(resumed: Element): void {
    this.#acknowledge(Number(resumed.getAttribute('h')))
    for (const stanza of this.#unsure) this.#transport?.send(stanza)
  }

  #send(stanza: string): void {
    this.#transport?.send(stanza)
    if (!this.#counts) return
    this.#unsure.push(stanza)
    this.#transport?.send(`<r xmlns="${ns.management}"/>`)
  }

  #acknowledge(h: number): void {
    this.#unsure.splice(0, h - this.#acknowledged)
    this.#acknowledged = h
  }

  #take(element: Element): void {
    if (element.namespaceURI === ns.management) {
      if (element.localName === 'r') this.#transport?.send(`<a xmlns="${ns.management}" h="${this.#handled}"/>`)
      if (element.localName === 'a') this.#acknowledge(Number(element.getAttribute('h')))
      return
    }
    if (!isStanza(element)) return
    this.#handled += 1
    if (element.localName === 'message') this.#hear(element)
    if (element.localName === 'iq' && ['get', 'set'].includes(element.getAttribute('type') ?? ''))
      this.#send(`<iq xmlns="${ns.client}" type="error" id="${escaped(element.getAttribute('id') ?? '')}"/>`)
  }

  #hear(message: Element): void {
    const copy = child(message, 'sent', ns.carbons) ?? child(message, 'received', ns.carbons)
    const inner = child(child(copy, 'forwarded', ns.forward), 'message', ns.client) ?? message
    const body = child(inner, 'body', ns.client)?.textContent
    if (body === undefined) return
    const address = (name: string): string => inner.getAttribute(name)?.split('/')[0] ?? ''
    this.heard.push({ from: address('from'), to: address('to'), body, isCopy: inner !== message })
  }
}
