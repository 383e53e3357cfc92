/** PLAIN (RFC 4616) on the receiving side. Whether it may be used on this stream at all is decided by whoever offers it. */

import { type Maybe, then } from '../maybe.ts'
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
