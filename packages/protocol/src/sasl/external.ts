/** EXTERNAL (RFC 4422 appendix A; certificates by XEP-0178 version 1.2) on the receiving side. Not the reading of certificates. */

import { messageText } from './message-text.ts'
import {
  emptyChallenge,
  failure,
  type SaslServerContext,
  type SaslServerMechanism,
  type SaslStep,
} from './server-mechanism.ts'

export class ExternalServer implements SaslServerMechanism {
  readonly #context: SaslServerContext
  #isOver = false

  constructor(context: SaslServerContext) {
    this.#context = context
  }

  start(initial?: Uint8Array): SaslStep {
    return initial === undefined ? emptyChallenge : this.respond(initial)
  }

  respond(data: Uint8Array): SaslStep {
    const authzid = this.#isOver ? undefined : messageText(data)
    this.#isOver = true
    // [RFC4422 A.1] the authzid is UTF-8 without NUL
    if (authzid === undefined || authzid.includes('\0')) return failure('malformed-request')
    const identities = this.#context.externalIdentities ?? []
    if (identities.length === 0) return failure('not-authorized')
    if (authzid === '') {
      // [XEP-0178 2] with several identities the client has to say which one it means
      const [only] = identities
      return identities.length === 1 ? { kind: 'success', username: only!.username } : failure('invalid-authzid')
    }
    const identity = identities.find((each) => each.authzid === authzid)
    return identity === undefined
      ? failure('invalid-authzid')
      : { kind: 'success', username: identity.username, authzid }
  }
}
