/** One HTTP request of BOSH that waits for its answer. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'

/** Conditions that end a session, and their HTTP codes for clients of before 1.6. [XEP-0124 17.1] */
const legacyCodes = new Map([
  ['bad-request', 400],
  ['policy-violation', 403],
  ['item-not-found', 404],
])

export class Exchange {
  readonly #response: ServerResponse
  readonly #headers: OutgoingHttpHeaders
  readonly arrivedAt: number
  #isGone = false

  /** `headers`: what this request is owed by itself, for a page of another origin. */
  constructor(response: ServerResponse, headers: OutgoingHttpHeaders, arrivedAt: number) {
    this.#response = response
    this.#headers = headers
    this.arrivedAt = arrivedAt
  }

  /** The client has given it up, or has its answer. */
  get isGone(): boolean {
    return this.#isGone
  }

  onGone(call: () => void): void {
    this.#response.once('close', () => {
      if (this.#isGone) return
      this.#isGone = true
      call()
    })
  }

  /** `body`: a wire string. */
  answer(body: string, contentType: string): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#send(200, body, contentType)
  }

  /** Says why the session ends, to a client that reads only HTTP codes by one of those. */
  fail(condition: string, body: string, contentType: string, isLegacy: boolean): void {
    const code = isLegacy ? legacyCodes.get(condition) : undefined
    if (code === undefined) return this.answer(body, contentType)
    if (this.#isGone) return
    this.#isGone = true
    this.#send(code, '', contentType)
  }

  #send(status: number, body: string, contentType: string): void {
    this.#response.writeHead(status, {
      'Content-Type': contentType,
      'Content-Length': body.length,
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...this.#headers,
    })
    this.#response.end(body, 'latin1')
  }
}
