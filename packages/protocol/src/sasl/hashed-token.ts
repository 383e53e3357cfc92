/**
 * The Hashed Token mechanisms (draft-schmaus-kitten-sasl-ht-09) on the receiving side: HT-SHA-256-EXPR and its relatives, which FAST (XEP-0484) logs in with.
 * One message each way, each a MAC under the token: the token itself is never sent. Not the keeping of tokens.
 */

import { type Maybe, then } from '../maybe.ts'
import { concatBytes, decodeUtf8, encodeUtf8 } from './bytes.ts'
import { findBinding } from './channel-binding.ts'
import type { HashedTokenMechanism } from './mechanism-name.ts'
import { maxSaslMessage } from './message-text.ts'
import { hashLength } from './sasl-crypto.ts'
import {
  emptyChallenge,
  failure,
  type SaslServerContext,
  type SaslServerMechanism,
  type SaslStep,
  type StoredToken,
} from './server-mechanism.ts'

const initiator = encodeUtf8('Initiator')
const responder = encodeUtf8('Responder')
const nothing = new Uint8Array(0)

/** Nobody's token: whoever has none, or one, costs as many hashes as whoever has two. */
const nobodys: StoredToken = { secret: '', isExpired: false }
const candidates = 2

export class HashedTokenServer implements SaslServerMechanism {
  readonly #context: SaslServerContext
  readonly #name: string
  readonly #mechanism: HashedTokenMechanism
  #isOver = false

  constructor(context: SaslServerContext, name: string, mechanism: HashedTokenMechanism) {
    this.#context = context
    this.#name = name
    this.#mechanism = mechanism
  }

  start(initial?: Uint8Array): Maybe<SaslStep> {
    return initial === undefined ? emptyChallenge : this.respond(initial)
  }

  respond(data: Uint8Array): Maybe<SaslStep> {
    const { hash, binding: type } = this.#mechanism
    const message = this.#isOver || data.length > maxSaslMessage ? undefined : parse(data)
    this.#isOver = true
    if (message === undefined || message.mac.length !== hashLength[hash]) return failure('malformed-request')
    const username = this.#context.prepareUsername(message.authcid)
    if (username === undefined || username === '') return failure('malformed-request')
    const binding = type === undefined ? undefined : findBinding(this.#context.channelBindings, type)
    if (type !== undefined && binding === undefined) return failure('not-authorized', 'channel binding not supported')
    const bound = binding?.data ?? nothing
    return then(this.#context.tokens?.(username, this.#name) ?? [], (found) => {
      const tokens = found.slice(0, candidates)
      while (tokens.length < candidates) tokens.push(nobodys)
      return this.#verify(username, message.mac, bound, tokens)
    })
  }

  /** All of them are computed, whichever fits. */
  #verify(username: string, mac: Uint8Array, bound: Uint8Array, tokens: readonly StoredToken[]): Maybe<SaslStep> {
    const { crypto } = this.#context
    const message = concatBytes(initiator, bound)
    let fitting: StoredToken | undefined
    const compare = (at: number): Maybe<SaslStep> => {
      const token = tokens[at]
      if (token === undefined) return this.#answer(username, fitting, bound)
      return then(crypto.hmac(this.#mechanism.hash, encodeUtf8(token.secret), message), (expected) => {
        const fits = crypto.equal(expected, mac) // [XEP-0484 6.1]
        if (fits && token.secret !== '') fitting ??= token
        return compare(at + 1)
      })
    }
    return compare(0)
  }

  #answer(username: string, token: StoredToken | undefined, bound: Uint8Array): Maybe<SaslStep> {
    if (token === undefined) return failure('not-authorized')
    if (token.isExpired) return failure('credentials-expired') // [XEP-0484 5.2]
    const { crypto } = this.#context
    const mac = crypto.hmac(this.#mechanism.hash, encodeUtf8(token.secret), concatBytes(responder, bound))
    return then(mac, (data): SaslStep => ({ kind: 'success', username, data, token: token.secret }))
  }
}

/** authcid NUL MAC */
function parse(data: Uint8Array): { readonly authcid: string; readonly mac: Uint8Array } | undefined {
  const end = data.indexOf(0)
  const authcid = end < 1 ? undefined : decodeUtf8(data.subarray(0, end))
  return authcid === undefined ? undefined : { authcid, mac: data.subarray(end + 1) }
}
