/** PLAIN (RFC 4616), both roles. Whether it may be used on this stream at all is decided by whoever offers or chooses it. */

import { type Maybe, then } from '../maybe.ts'
import { encodeUtf8 } from './bytes.ts'
import type { SaslClientMechanism, SaslClientOptions, SaslClientStep } from './client-mechanism.ts'
import { problem } from './client-mechanism.ts'
import { messageText } from './message-text.ts'
import {
  emptyChallenge,
  failure,
  isOwnAccount,
  type SaslServerContext,
  type SaslServerMechanism,
  type SaslStep,
} from './server-mechanism.ts'

export class PlainServer implements SaslServerMechanism {
  readonly #context: SaslServerContext
  #isOver = false

  constructor(context: SaslServerContext) {
    this.#context = context
  }

  start(initial?: Uint8Array): Maybe<SaslStep> {
    return initial === undefined ? emptyChallenge : this.respond(initial)
  }

  respond(data: Uint8Array): Maybe<SaslStep> {
    const text = this.#isOver ? undefined : messageText(data)
    this.#isOver = true
    // [RFC4616 2] message = [authzid] UTF8NUL authcid UTF8NUL passwd
    const parts = text?.split('\0')
    if (parts?.length !== 3) return failure('malformed-request')
    const [authzid, spelled, secret] = parts as [string, string, string]
    const username = this.#context.prepareUsername(spelled)
    const password = this.#context.prepareOpaque(secret)
    // [RFC4616 2] "if preparation fails or results in an empty string, verification SHALL fail"
    if (username === undefined || username === '' || password === undefined || password === '') {
      return failure('malformed-request')
    }
    // [RFC6120 6.3.8], before any work is done for the password
    if (authzid !== '' && !isOwnAccount(authzid, username, spelled, this.#context.host)) {
      return failure('invalid-authzid')
    }
    return then(this.#context.verifyPlain(username, password), (isRight): SaslStep => {
      if (!isRight) return failure('not-authorized')
      return authzid === '' ? { kind: 'success', username } : { kind: 'success', username, authzid }
    })
  }
}

export class PlainClient implements SaslClientMechanism {
  readonly #options: SaslClientOptions
  #isSent = false

  constructor(options: SaslClientOptions) {
    this.#options = options
  }

  start(): SaslClientStep {
    const { authzid = '', username = '', password = '' } = this.#options
    const name = this.#options.prepareUsername(username)
    const secret = this.#options.prepareOpaque(password)
    if (name === undefined || name === '') return problem('bad-username', 'this cannot be a username')
    if (secret === undefined || secret === '') return problem('bad-password', 'the password has forbidden characters')
    this.#isSent = true
    return { kind: 'response', data: encodeUtf8(`${authzid}\0${name}\0${secret}`) }
  }

  respond(): SaslClientStep {
    this.#isSent = false
    return problem('malformed-challenge', 'PLAIN has no second challenge')
  }

  finish(): SaslClientStep {
    return this.#isSent ? { kind: 'success' } : problem('unexpected-success', 'success before the password was sent')
  }
}
