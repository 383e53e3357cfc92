/** SCRAM on the initiating side (RFC 5802, RFC 7677, downgrade protection of XEP-0474 and XEP-0515), for every hash, with and without -PLUS. */

import { type Maybe, then } from '../maybe.ts'
import { encodeBase64 } from './base64.ts'
import { type BindingChoice, chooseBinding } from './binding-choice.ts'
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

/** What has to be remembered from the own first message. */
interface Sent {
  readonly nonce: string
  readonly bare: string
  readonly bindingInput: Uint8Array
  readonly password: string
  readonly mustProveOffers: boolean
}

type State =
  | { readonly at: 'start' }
  | { readonly at: 'server-first'; readonly sent: Sent }
  | { readonly at: 'server-final'; readonly signature: Uint8Array }
  | { readonly at: 'verified' }
  | { readonly at: 'over' }

export class ScramClient implements SaslClientMechanism {
  readonly #options: SaslClientOptions
  readonly #hash: HashName
  readonly #plus: boolean
  readonly #nonce: string
  #state: State = { at: 'start' }

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
    const header = `${bindingFlag(choice)},${authzid === undefined ? '' : `a=${escapeName(authzid)}`},`
    const bare = `n=${escapeName(name)},r=${this.#nonce}`
    const bindingData = choice.kind === 'bind' ? choice.binding.data : new Uint8Array(0)
    const sent = {
      nonce: this.#nonce,
      bare,
      bindingInput: concatBytes(encodeUtf8(header), bindingData),
      password,
      mustProveOffers: choice.kind === 'unbound' && choice.mustProveOffers,
    }
    this.#state = { at: 'server-first', sent }
    return { kind: 'response', data: encodeUtf8(header + bare) }
  }

  respond(challenge: Uint8Array): Maybe<SaslClientStep> {
    const state = this.#state
    this.#state = { at: 'over' }
    if (state.at === 'server-first') return this.#prove(challenge, state.sent)
    if (state.at === 'server-final') {
      // The server's last message may also come as a challenge, to be answered with nothing. [RFC6120 6.3.10]
      const step = this.#verify(challenge, state.signature)
      if (step.kind === 'failure') return step
      this.#state = { at: 'verified' }
      return { kind: 'response', data: new Uint8Array(0) }
    }
    return this.#fail('malformed-challenge', 'SCRAM has no third challenge')
  }

  finish(data?: Uint8Array): SaslClientStep {
    const state = this.#state
    this.#state = { at: 'over' }
    if (state.at === 'verified') return { kind: 'success' }
    // [RFC5802 5] without the right signature "the client MUST consider the authentication exchange to be unsuccessful"
    if (state.at !== 'server-final' || data === undefined) {
      return this.#fail('server-not-verified', 'the server did not prove that it knows the account')
    }
    return this.#verify(data, state.signature)
  }

  #prove(challenge: Uint8Array, sent: Sent): Maybe<SaslClientStep> {
    const text = messageText(challenge)
    const message = text === undefined ? undefined : parseServerFirst(text)
    if (text === undefined || message === undefined) {
      return errorOf(challenge) ?? this.#fail('malformed-challenge', 'this is no SCRAM message')
    }
    const { minIterations = 4096, maxIterations = 1_000_000, crypto } = this.#options
    // [RFC5802 5.1] ours must be the beginning; a server that adds nothing would let an old exchange be replayed
    if (!message.nonce.startsWith(sent.nonce) || message.nonce.length === sent.nonce.length) {
      return this.#fail('nonce-changed', 'this answers another message')
    }
    if (message.iterations < minIterations) {
      return this.#fail('iterations-too-low', `${message.iterations} iterations would expose the password`)
    }
    if (message.iterations > maxIterations) {
      return this.#fail('iterations-too-high', `${message.iterations} iterations are too many`)
    }
    return then(this.#checkOffers(message, sent), (downgrade) => {
      if (downgrade !== undefined) return downgrade
      const secrets = deriveScramSecrets(crypto, this.#hash, sent.password, message.salt, message.iterations)
      return then(secrets, (made) => this.#answer(made, message, text, sent))
    })
  }

  /** [XEP-0474 6.2, XEP-0515 5.2] */
  #checkOffers(message: ServerFirst, sent: Sent): Maybe<SaslClientFailure | undefined> {
    const { crypto, offered, offeredBindings = [] } = this.#options
    const version = tlsVersionCode(this.#options.tlsVersion)
    if (version !== undefined && message.tlsVersion !== undefined && message.tlsVersion !== version) {
      return this.#fail('downgrade', 'the server sees another version of TLS')
    }
    if (message.downgradeHash === undefined) {
      if (!sent.mustProveOffers) return undefined
      return this.#fail('downgrade', 'the server does not prove its list of bindings')
    }
    return then(downgradeHash(crypto, this.#hash, offered, offeredBindings), (expected) => {
      if (expected === message.downgradeHash) return undefined
      return this.#fail('downgrade', 'the list of mechanisms was changed on the way')
    })
  }

  #answer(secrets: ScramSecrets, message: ServerFirst, serverFirst: string, sent: Sent): Maybe<SaslClientStep> {
    const { crypto } = this.#options
    const withoutProof = `c=${encodeBase64(sent.bindingInput)},r=${message.nonce}`
    const authMessage = encodeUtf8(`${sent.bare},${serverFirst},${withoutProof}`)
    return then(crypto.hmac(this.#hash, secrets.storedKey, authMessage), (clientSignature) =>
      then(crypto.hmac(this.#hash, secrets.serverKey, authMessage), (signature): SaslClientStep => {
        this.#state = { at: 'server-final', signature }
        const proof = encodeBase64(xorBytes(secrets.clientKey, clientSignature))
        return { kind: 'response', data: encodeUtf8(`${withoutProof},p=${proof}`) }
      }),
    )
  }

  #verify(data: Uint8Array, signature: Uint8Array): SaslClientStep {
    const text = messageText(data)
    const message = text === undefined ? undefined : parseServerFinal(text)
    if (message !== undefined && 'error' in message) return this.#fail('server-error', message.error)
    if (message === undefined || !this.#options.crypto.equal(message.signature, signature)) {
      return this.#fail('server-not-verified', 'the server does not know the account')
    }
    return { kind: 'success' }
  }

  #fail(name: SaslClientFailure['problem'], text: string): SaslClientFailure {
    this.#state = { at: 'over' }
    return problem(name, text)
  }
}

function bindingFlag(choice: Exclude<BindingChoice, SaslClientFailure>): string {
  return choice.kind === 'bind' ? `p=${choice.binding.type}` : choice.flag
}

/** A server may give its reason where its first message was due. */
function errorOf(data: Uint8Array): SaslClientFailure | undefined {
  const text = messageText(data)
  const message = text === undefined ? undefined : parseServerFinal(text)
  return message !== undefined && 'error' in message ? problem('server-error', message.error) : undefined
}
