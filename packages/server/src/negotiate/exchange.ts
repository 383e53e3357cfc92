/** One `<authenticate/>` of XEP-0388 on its way to its outcome: how it is said, which tokens count, the tasks before the success. */
import { type Maybe, then } from '@rookery/protocol'
import { hashedTokenMechanism, provesPassword, type SaslCondition, type StoredToken } from '@rookery/protocol/sasl'
import * as wire from '@rookery/protocol/xeps/sasl2'
import type { Element } from '@rookery/protocol/xml'
import type { Given, Proof } from '../access/access.ts'
import { fail, guarded, type Login, type Profile } from './attempt.ts'
import { finish } from './inline.ts'
import { tokenMechanismsOf } from './mechanisms.ts'
import type { Negotiation } from './negotiation.ts'
import type { Sasl2Request } from './sasl2-request.ts'
import { Tasks, upgradesFor } from './tasks.ts'

/** The clients of streams that logged in, by which a resource that is bound later knows them. */
const clients = new WeakMap<Negotiation, string>()

export function clientOf(n: Negotiation): string | undefined {
  return clients.get(n)
}

export class Exchange implements Profile {
  readonly #n: Negotiation
  readonly #request: Sasl2Request
  readonly #over: () => void
  #tasks: Tasks | undefined
  #login: Login | undefined
  /** What a login by token was given, which is written down before it counts. */
  #given: Given | undefined

  /** `over` is called when it has succeeded or failed. */
  constructor(n: Negotiation, request: Sasl2Request, over: () => void) {
    this.#n = n
    this.#request = request
    this.#over = over
  }

  /** The mechanism has succeeded, and tasks are to be done. */
  get hasTasks(): boolean {
    return this.#tasks !== undefined
  }

  challenge(data: Uint8Array): Element {
    return wire.challenge.build({ data })
  }

  failure(condition: SaslCondition): Element {
    this.#over()
    return failureOf(condition)
  }

  /** [XEP-0484 3.4, 5.1] */
  tokens(local: string, mechanism: string): Maybe<readonly StoredToken[]> {
    const client = this.#client(local)
    return client === undefined ? [] : this.#n.host.access.tokens(local, client, mechanism)
  }

  check(login: Login): Maybe<SaslCondition | undefined> {
    const { from, host } = this.#n
    // whoever names an account names the one that the stream was opened for [XEP-0388 2.3, 4.4]
    const isFrom = from === undefined || (from.local === login.local && from.domain === host.domain)
    if (login.authzid !== undefined && !isFrom) return 'invalid-authzid'
    if (login.token === undefined) return undefined
    return then(this.#record(login), (result) => {
      if (result === 'refused') return 'not-authorized' // [XEP-0484 3.4, S47]
      this.#given = result
      return undefined
    })
  }

  succeeded(login: Login): Maybe<undefined> {
    const { accounts } = this.#n.host
    this.#login = login
    return then(upgradesFor(accounts, login.local, login.mechanism, this.#request.tasks), (hashes) => {
      if (hashes.length === 0) return this.#end(login, login.data)
      this.#tasks = new Tasks(accounts, login.local, hashes)
      this.#n.send(this.#tasks.begin(login.data)) // [XEP-0388 2.6.3]
      return undefined
    })
  }

  /** An element of a task. */
  task(element: Element): Maybe<undefined> {
    const tasks = this.#tasks
    if (tasks === undefined) return fail(this.#n, this, 'malformed-request')
    return guarded(this.#n, this, () =>
      then(tasks.take(element), (step) => {
        if (step === 'malformed') return fail(this.#n, this, 'malformed-request')
        if (step === 'done') return this.#end(this.#login!, undefined)
        this.#n.send(step)
        return undefined
      }),
    )
  }

  #end(login: Login, data: Uint8Array | undefined): Maybe<undefined> {
    const n = this.#n
    if (login.isOutdated()) return fail(n, this, 'not-authorized', login.mechanism) // [S46]
    this.#over()
    n.authenticated(login.local, login.isAnonymous, 'continue')
    const client = login.isAnonymous ? undefined : this.#client(login.local)
    if (client !== undefined) clients.set(n, client)
    return then(this.#given ?? this.#tryRecord(login), (result) =>
      finish(n, this.#request, {
        client,
        data,
        token: result.token,
      }),
    )
  }

  /** Who has shown the password logs in, though it cannot be written down: without a token. */
  #tryRecord(login: Login): Maybe<Given> {
    const failed = (error: unknown): Given => {
      this.#n.log.error({ error }, 'a client could not be written down')
      return {}
    }
    const given = (result: Given | 'refused'): Given => (result === 'refused' ? {} : result)
    try {
      const recorded = this.#record(login)
      return recorded instanceof Promise ? recorded.then(given, failed) : given(recorded)
    } catch (error) {
      return failed(error)
    }
  }

  /** What the server knows of the client, and the token it is to have. */
  #record(login: Login): Maybe<Given | 'refused'> {
    const { agent, fast, wanted } = this.#request
    const { local, mechanism, isAnonymous, token } = login
    const client = this.#client(local)
    if (client === undefined || isAnonymous) return {}
    const request = wanted !== undefined && tokenMechanismsOf(this.#n).includes(wanted) ? wanted : undefined
    const use = token === undefined ? undefined : { secret: token, count: fast?.count, invalidate: fast?.invalidate }
    return this.#n.host.access.login(local, client, { proof: proofOf(mechanism), agent, use, request })
  }

  /** By which the server knows the client; undefined for one that says no id. */
  #client(local: string): string | undefined {
    const { id } = this.#request.agent
    return id === undefined ? undefined : this.#n.host.access.idOf(local, id)
  }
}

export function failureOf(condition: SaslCondition): Element {
  return wire.failure.build({ condition, others: [] })
}

function proofOf(mechanism: string): Proof {
  if (provesPassword(mechanism)) return 'password'
  if (mechanism === 'EXTERNAL') return 'certificate'
  return hashedTokenMechanism(mechanism) === undefined ? 'nothing' : 'token'
}
