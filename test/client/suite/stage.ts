/** What a behaviour plays on: one server, people whom nobody else knows, and their devices, which are gone afterwards. */
import assert from 'node:assert/strict'
import {
  type AnyExtension,
  type Client,
  type ClientError,
  type ClientOptions,
  createClient,
} from '@rookery/client/node'
import { DISCO_INFO_NS } from '@rookery/protocol/disco'
import { ping } from '@rookery/protocol/xeps/ping'
import { writeElement } from '@rookery/protocol/xml'
import { within } from '../../../packages/client/test/waiting.ts'
import { CuttingProxy } from '../harness/cutting-proxy.ts'
import type { Account, Target } from '../harness/target.ts'
import { impatient } from '../support/impatient.ts'
import type { Answers } from './answers.ts'

export { next, reaches, when, within } from '../../../packages/client/test/waiting.ts'

type Device = Pick<Client, 'close' | 'state'>

/** Of what was said, so much is shown when a behaviour fails. */
const remembered = 60

let behaviours = 0

export class Stage {
  readonly target: Target
  readonly #answers: Answers
  readonly #number: number = behaviours++
  readonly #accounts: Map<string, Promise<Account>> = new Map()
  readonly #devices: Device[] = []
  readonly #proxies: CuttingProxy[] = []
  readonly #errors: ClientError[] = []
  readonly #said: string[] = []

  constructor(target: Target, answers: Answers) {
    this.target = target
    this.#answers = answers
  }

  /** The account of somebody of this behaviour; made when it is asked for first. */
  account = (who: string): Promise<Account> => {
    const known = this.#accounts.get(who)
    if (known !== undefined) return known
    const made = this.target.createAccount(`${who}-${this.#number}`, `secret-${who}`)
    this.#accounts.set(who, made)
    return made
  }

  /** Their bare address. */
  jid = (who: string): string => `${who}-${this.#number}@${this.target.domain}`

  /** A device of somebody, online, and the server has heard that it is there; each call is another one. */
  login = async <const X extends readonly AnyExtension[]>(
    who: string,
    use: X,
    options: Partial<ClientOptions<X>> = {},
  ): Promise<Client<X>> => {
    const client = await this.device(who, use, options)
    await client.connect()
    await client.request('get', ping.build({}))
    return client
  }

  /**
   * The same, when the server knows what the device wants to be told of. A name of its own makes its capabilities new to the server, which has to
   * ask for them; whatever is said behind the answer finds them known. `prepare` is called before it connects.
   */
  follower = async <const X extends readonly AnyExtension[]>(
    who: string,
    use: X,
    prepare: (client: Client<X>) => void = () => undefined,
  ): Promise<Client<X>> => {
    let told: () => void = () => undefined
    const answered = new Promise<void>((resolve) => (told = resolve))
    const name = `${who} ${this.#devices.length}`
    const client = await this.device(who, use, {
      software: `Follower ${this.#number} ${name}`,
      trace: (direction, element) => {
        const wire = this.#note(`${name} ${direction}`, element)
        if (
          direction === 'out' &&
          wire.startsWith("<iq type='result'") &&
          wire.includes(`<query xmlns='${DISCO_INFO_NS}'`)
        )
          told()
      },
    })
    prepare(client)
    await client.connect()
    await within(answered, `what ${name} can do, which the server has to ask for`)
    await client.request('get', ping.build({})) // behind the answer
    return client
  }

  /** The same as `login`, not connected yet. What goes wrong in the background fails the behaviour. */
  device = async <const X extends readonly AnyExtension[]>(
    who: string,
    use: X,
    options: Partial<ClientOptions<X>> = {},
  ): Promise<Client<X>> => {
    const { jid, password } = await this.account(who)
    const number = this.#devices.length
    const client = await createClient<X>({
      jid,
      password,
      service: this.target.service.xmpps,
      tls: { ca: this.target.ca },
      use,
      platform: impatient,
      trace: (direction, element) => void this.#note(`${who} ${number} ${direction}`, element),
      ...options,
    })
    this.#devices.push(client)
    ;(client as unknown as Client).on('error', (error) => void this.#errors.push(error))
    return client
  }

  /** Between a client and the server, without TLS: `{ service: proxy.service, plaintext: true }`. */
  proxy = async (): Promise<CuttingProxy> => {
    const proxy = await CuttingProxy.to(this.target.ports.tcp)
    this.#proxies.push(proxy)
    return proxy
  }

  /** The address of a service that the behaviour needs. */
  service = (kind: string): string => this.#answers.services.get(kind)!.jid

  /** What was said last, of all devices. */
  get said(): readonly string[] {
    return this.#said
  }

  /** All devices leave; the errors that nobody was told are thrown. */
  async close(): Promise<void> {
    await Promise.all(this.#devices.map((device) => device.close()))
    for (const proxy of this.#proxies) await proxy.stop()
    assert.deepEqual(this.#errors, [], 'nothing goes wrong in the background')
  }

  #note(who: string, element: Parameters<NonNullable<ClientOptions['trace']>>[1]): string {
    const wire = typeof element === 'string' ? element : writeElement(element, 'jabber:client')
    this.#said.push(`${who} ${wire}`)
    if (this.#said.length > remembered) this.#said.shift()
    return wire
  }
}
