/** ANONYMOUS (RFC 4505) on the receiving side. */

import { type Maybe, then } from '../maybe.ts'
import { decodeUtf8 } from './bytes.ts'
import { failure, type SaslServerContext, type SaslServerMechanism, type SaslStep } from './server-mechanism.ts'

/** In characters and, at four octets each, in octets. [RFC4505 2] */
const maxTrace = 255
const maxTraceOctets = 1020

export class AnonymousServer implements SaslServerMechanism {
  readonly #context: SaslServerContext
  #isOver = false

  constructor(context: SaslServerContext) {
    this.#context = context
  }

  /** No initial response is no trace, and needs no challenge. [XEP-0175 4] */
  start(initial: Uint8Array = new Uint8Array(0)): Maybe<SaslStep> {
    return this.respond(initial)
  }

  respond(data: Uint8Array): Maybe<SaslStep> {
    const trace = this.#isOver || data.length > maxTraceOctets ? undefined : decodeUtf8(data)
    this.#isOver = true
    if (trace === undefined || !isTrace(trace)) return failure('malformed-request')
    if (this.#context.anonymous === undefined) return failure('not-authorized')
    return then(this.#context.anonymous(trace), (username): SaslStep => {
      return username === undefined ? failure('not-authorized') : { kind: 'success', username }
    })
  }
}

/** The part of the "trace" profile that keeps a log readable: no control characters. [RFC4505 3] */
function isTrace(trace: string): boolean {
  let length = 0
  for (const character of trace) {
    const code = character.codePointAt(0)!
    if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0x2028 || code === 0x2029) return false
    length++
  }
  return length <= maxTrace
}
