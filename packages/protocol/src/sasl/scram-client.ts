/** SCRAM on the initiating side (RFC 5802, RFC 7677, downgrade protection of XEP-0474 and XEP-0515), for every hash, with and without -PLUS. */

import { type Maybe, then } from '../maybe.ts'
import { encodeBase64 } from './base64.ts'
import { chooseBinding } from './binding-choice.ts'
import { concatBytes, encodeUtf8, xorBytes } from './bytes.ts'
import {
  nameToSend,
  passwordToProve,
  problem,
  type SaslClientFailure,
  type SaslClientMechanism,
  type SaslClientOptions,
  type SaslClientStep,
} from './client-mechanism.ts'
import { downgradeHash, tlsVersionCode } from './downgrade.ts'
import { messageText } from './message-text.ts'
import type { HashName } from './sasl-crypto.ts'
import { deriveScramSecrets, type ScramSecrets } from './scram-keys.ts'
import { escapeName, parseServerFinal, parseServerFirst, type ServerFirst } from './scram-message.ts'

const nonceLength = 18

export class ScramClient implements SaslClientMechanism {
  readonly #options: SaslClientOptions
  readonly #hash: HashName
  readonly #plus: boolean
  readonly #nonce: string
  /** What is due next, each once: the answer to the server's first message, the check of its last, or the good end. */
  #prove: ((challenge: Uint8Array) => Maybe<SaslClientStep>) | undefined
  #verify: ((data: Uint8Array) => SaslClientStep) | undefined
  #isVerified = false

  /** The nonce is given only to repeat a published exchange. */
  constructor(options: SaslClientOptions, hash: HashName, plus: boolean, nonce?: string) {
    this.#options = options
    this.#hash = hash
    this.#plus = plus
    this.#nonce = nonce ?? encodeBase64(options.crypto.random(nonceLength))
  }

  start(): SaslClientStep {
    const { authzid } = this.#options
    const name = nameToSend(this.#options)
    if (typeof name !== 'string') return name
    const password = passwordToProve(this.#options)
    if (typeof password !== 'string') return password
    const choice = chooseBinding(this.#options, this.#plus)
    if (choice.kind === 'failure') return choice
    const binds = choice.kind === 'bind'
    const flag = binds ? `p=${choice.binding.type}` : choice.flag
    const header = `${flag},${authzid === undefined ? '' : `a=${escapeName(authzid)}`},`
    const bare = `n=${escapeName(name)},r=${this.#nonce}`
    const bindingInput = concatBytes(encodeUtf8(header), binds ? choice.binding.data : new Uint8Array(0))
    this.#prove = (challenge) => {
      const text = messageText(challenge) ?? ''
      const message = parseServerFirst(text)
      // a server may give its reason where its first message was due
      if (message === undefined) return refusalIn(text) ?? problem('malformed-challenge')
      return then(this.#check(message, !binds && choice.mustProveOffers), (failure) => {
        if (failure !== undefined) return failure
        const { salt, iterations, nonce } = message
        const withoutProof = `c=${encodeBase64(bindingInput)},r=${nonce}`
        const secrets = deriveScramSecrets(this.#options.crypto, this.#hash, password, salt, iterations)
        return then(secrets, (made) => this.#answer(made, `${bare},${text},${withoutProof}`, withoutProof))
      })
    }
    return { kind: 'response', data: encodeUtf8(header + bare) }
  }

  respond(challenge: Uint8Array): Maybe<SaslClientStep> {
    const prove = this.#prove
    const verify = this.#verify
    this.#end()
    if (prove !== undefined) return prove(challenge)
    if (verify === undefined) return problem('malformed-challenge')
    // the server's last message may also come as a challenge, to be answered with nothing [RFC6120 6.3.10]
    const step = verify(challenge)
    if (step.kind === 'failure') return step
    this.#isVerified = true
    return { kind: 'response', data: new Uint8Array(0) }
  }

  finish(data?: Uint8Array): SaslClientStep {
    const verify = this.#verify
    const isVerified = this.#isVerified
    this.#end()
    if (isVerified) return { kind: 'success' }
    // [RFC5802 5] without the right signature "the client MUST consider the authentication exchange to be unsuccessful"
    return verify === undefined || data === undefined ? unknownAccount() : verify(data)
  }

  #end(): void {
    this.#prove = undefined
    this.#verify = undefined
    this.#isVerified = false
  }

  #check(message: ServerFirst, mustProveOffers: boolean): Maybe<SaslClientFailure | undefined> {
    const { minIterations = 4096, maxIterations = 1_000_000, crypto, offered, offeredBindings = [] } = this.#options
    const { nonce, iterations } = message
    // [RFC5802 5.1] ours must be the beginning; a server that adds nothing would let an old exchange be replayed
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length) return problem('nonce-changed')
    if (iterations < minIterations) return problem('iterations-too-low')
    if (iterations > maxIterations) return problem('iterations-too-high')
    const version = tlsVersionCode(this.#options.tlsVersion)
    // [XEP-0515 5.2]
    if (version !== undefined && message.tlsVersion !== undefined && message.tlsVersion !== version)
      return problem('downgrade', 'another version of TLS')
    // [XEP-0474 6.2]
    if (message.downgradeHash === undefined)
      return mustProveOffers ? problem('downgrade', 'an unproved list of bindings') : undefined
    return then(downgradeHash(crypto, this.#hash, offered, offeredBindings), (expected) =>
      expected === message.downgradeHash ? undefined : problem('downgrade', 'the list of mechanisms was changed'),
    )
  }

  #answer(secrets: ScramSecrets, signed: string, withoutProof: string): Maybe<SaslClientStep> {
    const { crypto } = this.#options
    const hmac = (key: Uint8Array): Maybe<Uint8Array> => crypto.hmac(this.#hash, key, encodeUtf8(signed))
    return then(hmac(secrets.storedKey), (clientSignature) =>
      then(hmac(secrets.serverKey), (signature): SaslClientStep => {
        this.#verify = (data) => {
          const text = messageText(data) ?? ''
          const message = parseServerFinal(text)
          return message !== undefined && 'signature' in message && crypto.equal(message.signature, signature)
            ? { kind: 'success' }
            : (refusalIn(text) ?? unknownAccount())
        }
        const proof = encodeBase64(xorBytes(secrets.clientKey, clientSignature))
        return { kind: 'response', data: encodeUtf8(`${withoutProof},p=${proof}`) }
      }),
    )
  }
}

function unknownAccount(): SaslClientFailure {
  return problem('server-not-verified')
}

function refusalIn(text: string): SaslClientFailure | undefined {
  const message = parseServerFinal(text)
  return message !== undefined && 'error' in message ? problem('server-error', message.error) : undefined
}
