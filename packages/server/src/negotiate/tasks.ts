/** SASL upgrade tasks (XEP-0480 0.2.0): between the proof of a password and the success, the client gives the server keys of hashes it has none of. */
import { type Maybe, then } from '@rookery/protocol'
import { CodecError } from '@rookery/protocol/codec'
import { type HashName, hashLength, scramMechanism } from '@rookery/protocol/sasl'
import { continuation, next, taskData } from '@rookery/protocol/xeps/sasl2'
import { hashOfTask, scramHash, scramSalt, scramTask } from '@rookery/protocol/xeps/upgrade'
import type { Element } from '@rookery/protocol/xml'
import type { Accounts } from '../accounts.ts'

/** What follows an element of the client. */
export type TaskStep = Element | 'done' | 'malformed'

/** The tasks of one login that are to be done; one after the other. */
export class Tasks {
  readonly #accounts: Accounts
  readonly #local: string
  readonly #hashes: HashName[]
  /** What the client was given for the task it has begun. */
  #given: { readonly salt: Uint8Array; readonly iterations: number } | undefined

  /** `hashes` is not empty. */
  constructor(accounts: Accounts, local: string, hashes: readonly HashName[]) {
    this.#accounts = accounts
    this.#local = local
    this.#hashes = [...hashes]
  }

  /** Asks for the first of them; `data` is the mechanism's last word. [XEP-0480 2.2] */
  begin(data: Uint8Array | undefined): Element {
    return continuation.build({ additionalData: data, tasks: [scramTask(this.#hashes[0]!)] })
  }

  take(element: Element): Maybe<TaskStep> {
    return next.matches(element) ? this.#start(element) : this.#finish(element)
  }

  /** [XEP-0480 3] */
  #start(element: Element): TaskStep {
    const asked = next.parse(element)
    const isAsked = asked !== undefined && !(asked instanceof CodecError) && asked.task === scramTask(this.#hashes[0]!)
    if (!isAsked || this.#given !== undefined) return 'malformed'
    this.#given = this.#accounts.newSalt()
    return taskData.build({ others: [scramSalt.build(this.#given)] })
  }

  #finish(element: Element): Maybe<TaskStep> {
    const hash = this.#hashes[0]!
    const given = this.#given
    const data = taskData.parse(element)
    const [only] = data === undefined || data instanceof CodecError ? [] : data.others
    const read = only === undefined ? undefined : scramHash.parse(only)
    if (given === undefined || read === undefined || read instanceof CodecError) return 'malformed'
    if (read.salted.length !== hashLength[hash]) return 'malformed'
    // where the password has changed meanwhile nothing is kept, and the login fails in the end
    return then(this.#accounts.upgrade(this.#local, hash, read.salted, given), () => {
      this.#given = undefined
      this.#hashes.shift()
      return this.#hashes.length === 0 ? 'done' : this.begin(undefined)
    })
  }
}

/**
 * The hashes that are to be upgraded: asked for, configured, and missing. Only whoever has just proved the password by SCRAM is asked for keys of
 * it: with PLAIN the server makes them itself, and a token or a certificate must not become a password.
 */
export function upgradesFor(
  accounts: Accounts,
  local: string,
  mechanism: string,
  tasks: readonly string[],
): Maybe<readonly HashName[]> {
  if (tasks.length === 0 || scramMechanism(mechanism) === undefined) return []
  const asked = tasks.map(hashOfTask).filter((hash) => hash !== undefined)
  const known = asked.filter((hash) => accounts.upgradable.includes(hash))
  return known.length === 0 ? [] : accounts.missing(local, known)
}
