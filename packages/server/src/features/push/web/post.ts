/**
 * One HTTP POST to an address that a client chose: bounded in time and in what is read, redirects are not followed, and a name that
 * leads into an inner network is not connected to, whatever it meant when it was checked. S104, RFC 9110.
 */
import { type LookupAddress, lookup } from 'node:dns'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import type { ClockPower } from '../../../powers.ts'
import { isPublicAddress } from './addresses.ts'

export interface Answer {
  readonly status: number
  /** Seconds, as far as the answer says so in seconds. [RFC9110 10.2.3] */
  readonly retryAfter: number | undefined
}

/** It leads where this server does not go. */
export class ForbiddenAddress extends Error {
  constructor(host: string) {
    super(`${host} is no public address`)
    this.name = 'ForbiddenAddress'
  }
}

export type Resolve = (host: string, done: (error: Error | null, addresses: LookupAddress[]) => void) => void

const resolveAll: Resolve = (host, done) => lookup(host, { all: true }, done)

/** Nobody needs more of the body of an answer. */
const mostAnswerBytes = 16_384

export class Poster {
  readonly #clock: ClockPower
  readonly #timeout: number
  readonly #plain = new HttpAgent({ keepAlive: false })
  readonly #secure: HttpsAgent

  /** `timeout` in milliseconds, for the whole exchange. */
  constructor(clock: ClockPower, timeout: number, resolve: Resolve = resolveAll) {
    this.#clock = clock
    this.#timeout = timeout
    this.#secure = new HttpsAgent({ keepAlive: true, maxFreeSockets: 32, timeout: 60_000, lookup: publicOnly(resolve) })
  }

  /** Rejects when there was no answer. `url`: checked already, but for what its name leads to. */
  post(url: URL, headers: OutgoingHttpHeaders, body: Uint8Array, isTrusted: boolean): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const isPlain = url.protocol === 'http:'
      const sent = isPlain
        ? httpRequest(url, { method: 'POST', headers, agent: this.#plain })
        : httpsRequest(url, { method: 'POST', headers, agent: isTrusted ? undefined : this.#secure })
      const timer = this.#clock.after(this.#timeout, () => sent.destroy(new Error('the push service took too long')))
      sent.on('close', () => timer[Symbol.dispose]())
      sent.on('error', reject)
      sent.on('response', (response) => {
        resolve({ status: response.statusCode ?? 0, retryAfter: secondsOf(response.headers['retry-after']) })
        discard(response)
      })
      sent.end(body)
    })
  }

  stop(): void {
    this.#plain.destroy()
    this.#secure.destroy()
  }
}

function publicOnly(resolve: Resolve): LookupFunction {
  return (host, { all }, done) => {
    resolve(host, (error, addresses) => {
      const first = addresses?.[0]
      if (error !== null || first === undefined) return done(error ?? new Error(`${host} has no address`), '', 0)
      // one that is not public spoils them all: it is nobody's honest name
      if (!addresses.every(({ address }) => isPublicAddress(address))) return done(new ForbiddenAddress(host), '', 0)
      return all ? done(null, addresses) : done(null, first.address, first.family)
    })
  }
}

function discard(response: IncomingMessage): void {
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > mostAnswerBytes) response.destroy()
  })
  response.on('error', () => undefined) // the status is known
}

function secondsOf(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) : undefined
}
