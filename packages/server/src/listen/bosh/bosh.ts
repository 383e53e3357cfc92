/** BOSH (XEP-0124 1.11) for all its sessions: reads requests, finds whose they are, looks after those who went away. Catalogue S108, S109. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { readBoshBody, writeBoshBody } from '@rookery/protocol/stream'
import { XmlError } from '@rookery/protocol/xml'
import type { Peer } from '../http/peer.ts'
import { refuse, reply } from '../http/reply.ts'
import type { WebSurroundings } from '../http/web.ts'
import { Exchange } from './exchange.ts'
import { type Bounds, readBody } from './read-body.ts'
import { type BoshRequest, readRequest, readWishes, type Wishes } from './request.ts'
import { BoshSession, lookMs, type Terms } from './session.ts'

/** Of the session id: 160 bits. [XEP-0124 18.3] */
const sidBytes = 20
/** Requests held at a time. Two are for clients that send while they wait. */
const mostHeld = 2
const pollingSeconds = 2
/** What `<body/>` itself may have beside what it holds. */
const wrapperBytes = 4096

export class Bosh {
  readonly #s: WebSurroundings
  readonly #sessions = new Map<string, BoshSession>()
  #watch: Disposable | undefined

  constructor(surroundings: WebSurroundings) {
    this.#s = surroundings
    this.#look()
  }

  /** `cors`: headers for a page of another origin; `loggedIn`: the request belongs to somebody who is. */
  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    peer: Peer,
    cors: OutgoingHttpHeaders,
    loggedIn: () => void,
  ): Promise<void> {
    if (request.method === 'OPTIONS') return reply(response, 204, '', { ...cors, ...preflight })
    if (request.method !== 'POST') {
      const text = 'This is a BOSH endpoint (XEP-0124): clients send POST requests here.'
      return reply(response, 405, text, { ...cors, Allow: 'POST, OPTIONS', Connection: 'close' })
    }
    const encoding = request.headers['content-encoding'] ?? 'identity'
    if (encoding !== 'identity') return refuse(request, response, 415, 'Compressed requests are not understood.', cors)
    const wire = await readBody(request, this.#bounds())
    if (wire === 'gone') return
    if (wire === 'too-large') return refuse(request, response, 413, 'The request is too large.', cors)
    const exchange = new Exchange(response, cors, this.#s.clock.monotonic())
    const session = this.#dispatch(wire, exchange, peer)
    if (session?.isLoggedIn === true) loggedIn()
  }

  close(): void {
    this.#watch?.[Symbol.dispose]()
    for (const session of this.#sessions.values()) session.destroy()
  }

  /** Who is logged in may send as much in one body as may be under way on one stream, and one stanza more. */
  #bounds(): Bounds {
    const { stanzaBytes, inFlightBytes } = this.#s.config.limits
    const usual = stanzaBytes + wrapperBytes
    return { usual, known: usual + inFlightBytes, isKnown: (begun) => this.#isLoggedIn(begun) }
  }

  #isLoggedIn(begun: string): boolean {
    const body = readBoshBody(begun)
    return !(body instanceof XmlError) && this.#sessions.get(body.attr('sid') ?? '')?.isLoggedIn === true
  }

  #dispatch(wire: string, exchange: Exchange, peer: Peer): BoshSession | undefined {
    const body = readBoshBody(wire)
    if (body instanceof XmlError) return fail(exchange, 'bad-request') // [S01]
    const sid = body.attr('sid')
    const session = sid === undefined ? undefined : this.#sessions.get(sid)
    if (sid !== undefined && session === undefined) return fail(exchange, 'item-not-found')
    // a session that began under TLS goes on under TLS; it is not ended, or anybody could end it [XEP-0124 18.1]
    if (session?.tls !== undefined && peer.tls === undefined) return fail(exchange, 'item-not-found')
    const payloads = body.payloads(session === undefined ? this.#s.xmlLimits().before : session.limits)
    const request = payloads instanceof XmlError ? undefined : readRequest(body, payloads, wire)
    if (session === undefined)
      return request === undefined
        ? fail(exchange, 'bad-request')
        : this.#create(request, readWishes(body), exchange, peer)
    const isTooMuch = payloads instanceof XmlError && payloads.condition === 'policy-violation'
    if (request === undefined) session.fail(isTooMuch ? 'policy-violation' : 'bad-request', exchange)
    else session.receive(request, exchange)
    return session
  }

  #create(request: BoshRequest, wishes: Wishes, exchange: Exchange, peer: Peer): BoshSession | undefined {
    if (request.to === undefined || request.to === '') return fail(exchange, 'improper-addressing')
    const sid = Buffer.from(this.#s.random.bytes(sidBytes)).toString('base64url')
    const terms = termsFor(wishes, this.#s.config.http)
    const session = new BoshSession(
      sid,
      peer,
      request.rid,
      wishes,
      terms,
      () => this.#s.clock.monotonic(),
      (ended) => this.#sessions.delete(ended.sid),
    )
    this.#sessions.set(sid, session)
    this.#s.attach(session)
    // the gate may have turned it away
    if (session.isClosed) return fail(exchange, 'policy-violation')
    session.receive(request, exchange)
    return session
  }

  #look(): void {
    this.#watch = this.#s.clock.after(lookMs, () => {
      const now = this.#s.clock.monotonic()
      for (const session of this.#sessions.values()) session.look(now)
      this.#look()
    })
  }
}

const preflight = {
  'Access-Control-Allow-Methods': 'POST, OPTIONS',
  'Access-Control-Allow-Headers': 'Content-Type',
  'Access-Control-Max-Age': '86400',
}

/** Less than was asked for, never more. [XEP-0124 7.2] */
function termsFor(wishes: Wishes, http: WebSurroundings['config']['http']): Terms {
  return {
    wait: Math.min(wishes.wait, http.boshWaitSeconds),
    hold: Math.min(wishes.hold, mostHeld),
    inactivity: http.boshInactivitySeconds,
    pause: http.boshPauseSeconds,
    polling: pollingSeconds,
  }
}

/** Of a request that has no session. */
function fail(exchange: Exchange, condition: string): undefined {
  exchange.answer(writeBoshBody({ type: 'terminate', condition }, ''), 'text/xml; charset=utf-8')
}
