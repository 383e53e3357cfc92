/** SCRAM on the receiving side (RFC 5802, RFC 7677, downgrade protection of XEP-0474 and XEP-0515), for every hash, with and without -PLUS. */

import { type Maybe, then } from '../maybe.ts'
import { encodeBase64 } from './base64.ts'
import { concatBytes, encodeUtf8, xorBytes } from './bytes.ts'
import { findBinding } from './channel-binding.ts'
import { downgradeHash, tlsVersionCode } from './downgrade.ts'
import { messageText } from './message-text.ts'
import { type HashName, hashLength } from './sasl-crypto.ts'
import type { ScramKeys } from './scram-keys.ts'
import { type ClientFinal, type ClientFirst, parseClientFinal, parseClientFirst } from './scram-message.ts'
import {
  emptyChallenge,
  failure,
  isOwnAccount,
  type SaslServerContext,
  type SaslServerMechanism,
  type SaslStep,
} from './server-mechanism.ts'

/** What has to be remembered between the client's two messages. */
interface Exchange {
  readonly username: string
  readonly authzid: string | undefined
  readonly keys: ScramKeys
  readonly nonce: string
  /** What the `c` attribute must hold: header and binding data. */
  readonly bindingInput: Uint8Array
  /** client-first-message-bare "," server-first-message */
  readonly soFar: string
}

const nonceLength = 18

export class ScramServer implements SaslServerMechanism {
  readonly #context: SaslServerContext
  readonly #hash: HashName
  readonly #plus: boolean
  readonly #nonce: string
  #expects: 'first' | 'final' | 'nothing' = 'first'
  #exchange: Exchange | undefined

  /** The nonce is given only to repeat a published exchange. */
  constructor(context: SaslServerContext, hash: HashName, plus: boolean, nonce?: string) {
    this.#context = context
    this.#nonce = nonce ?? encodeBase64(context.crypto.random(nonceLength))
    this.#hash = hash
    this.#plus = plus
  }

  start(initial?: Uint8Array): Maybe<SaslStep> {
    return initial === undefined ? emptyChallenge : this.respond(initial)
  }

  respond(data: Uint8Array): Maybe<SaslStep> {
    const expects = this.#expects
    this.#expects = 'nothing'
    const text = messageText(data)
    if (text === undefined || expects === 'nothing') return failure('malformed-request')
    if (expects === 'first') {
      const message = parseClientFirst(text)
      return message === undefined ? failure('malformed-request') : this.#challenge(message)
    }
    const message = parseClientFinal(text)
    return message === undefined ? failure('malformed-request') : this.#verify(message, this.#exchange!)
  }

  #challenge(first: ClientFirst): Maybe<SaslStep> {
    const { channelBindings, offered, host } = this.#context
    const username = this.#context.prepareUsername(first.username)
    if (username === undefined || username === '') return failure('malformed-request')
    // [RFC5802 6] the client believes we cannot bind although we can: somebody removed it from our offers
    if (first.flag === 'y' && (channelBindings.length > 0 || offered.some((name) => name.endsWith('-PLUS')))) {
      return failure('not-authorized', 'channel binding was offered')
    }
    // [RFC5802 6] the flag and the mechanism name say the same thing twice
    if ((first.flag === 'p') !== this.#plus) return failure('malformed-request')
    const binding = first.binding === undefined ? undefined : findBinding(channelBindings, first.binding)
    if (first.binding !== undefined && binding === undefined) {
      return failure('not-authorized', 'channel binding type not supported')
    }
    // [RFC6120 6.3.8]
    if (first.authzid !== undefined && !isOwnAccount(first.authzid, username, first.username, host)) {
      return failure('invalid-authzid')
    }
    const header = encodeUtf8(first.gs2Header)
    const bindingInput = binding === undefined ? header : concatBytes(header, binding.data)
    const nonce = first.nonce + this.#nonce
    return then(this.#context.scramKeys(username, this.#hash), (keys) =>
      then(this.#offersHash(), (offersHash) => {
        const salt = encodeBase64(keys.salt)
        const version = tlsVersionCode(this.#context.tlsVersion)
        // [XEP-0474 6.1, XEP-0515 5.1]
        const protection =
          offersHash === undefined ? '' : `,h=${offersHash}${version === undefined ? '' : `,t=${version}`}`
        const serverFirst = `r=${nonce},s=${salt},i=${keys.iterations}${protection}`
        this.#exchange = {
          username,
          authzid: first.authzid,
          keys,
          nonce,
          bindingInput,
          soFar: `${first.bare},${serverFirst}`,
        }
        this.#expects = 'final'
        return { kind: 'challenge', data: encodeUtf8(serverFirst) }
      }),
    )
  }

  #offersHash(): Maybe<string | undefined> {
    const { crypto, offered, channelBindings, downgradeProtection } = this.#context
    if (downgradeProtection !== true) return undefined
    const types = channelBindings.map((binding) => binding.type)
    return downgradeHash(crypto, this.#hash, offered, types)
  }

  #verify(final: ClientFinal, exchange: Exchange): Maybe<SaslStep> {
    const { crypto } = this.#context
    const hash = this.#hash
    if (final.proof.length !== hashLength[hash]) return failure('malformed-request')
    // [RFC5802 5.1] the nonce of the second message; [RFC5802 6] the server always validates the "c=" field
    const isBound = crypto.equal(final.bindingInput, exchange.bindingInput)
    if (final.nonce !== exchange.nonce || !isBound) return failure('not-authorized')
    const { keys, username, authzid } = exchange
    const authMessage = encodeUtf8(`${exchange.soFar},${final.withoutProof}`)
    return then(crypto.hmac(hash, keys.storedKey, authMessage), (clientSignature) =>
      then(crypto.hash(hash, xorBytes(final.proof, clientSignature)), (storedKey) => {
        // The same answer for a wrong password and for an account that is not there. [RFC6120 6.5.10]
        if (!crypto.equal(storedKey, keys.storedKey)) return failure('not-authorized')
        return then(crypto.hmac(hash, keys.serverKey, authMessage), (signature): SaslStep => {
          const named = authzid === undefined ? {} : { authzid }
          return { kind: 'success', username, ...named, data: encodeUtf8(`v=${encodeBase64(signature)}`) }
        })
      }),
    )
  }
}
