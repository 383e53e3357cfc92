/** The initiating side of mechanisms in which it speaks once: PLAIN, EXTERNAL, ANONYMOUS and the hashed tokens make the message. */

import { type Maybe, then } from '../maybe.ts'
import { problem, type SaslClientFailure, type SaslClientMechanism, type SaslClientStep } from './client-mechanism.ts'

export class SingleMessage implements SaslClientMechanism {
  readonly #make: () => Maybe<Uint8Array | SaslClientFailure>
  readonly #check: ((data?: Uint8Array) => Maybe<SaslClientStep>) | undefined
  #isSent = false

  /** `check` looks at what comes with the server's success, where the server has something to prove. */
  constructor(make: () => Maybe<Uint8Array | SaslClientFailure>, check?: (data?: Uint8Array) => Maybe<SaslClientStep>) {
    this.#make = make
    this.#check = check
  }

  start(): Maybe<SaslClientStep> {
    return then(this.#make(), (made): SaslClientStep => {
      if (!(made instanceof Uint8Array)) return made
      this.#isSent = true
      return { kind: 'response', data: made }
    })
  }

  respond(): SaslClientStep {
    this.#isSent = false
    return problem('malformed-challenge')
  }

  finish(data?: Uint8Array): Maybe<SaslClientStep> {
    const isDue = this.#isSent
    this.#isSent = false
    if (!isDue) return problem('unexpected-success')
    return this.#check === undefined ? { kind: 'success' } : this.#check(data)
  }
}
