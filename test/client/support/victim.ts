/** A client of the library that is attacked, and what it has told its application. */
import assert from 'node:assert/strict'
import {
  type AnyExtension,
  type Client,
  type ClientError,
  type ClientOptions,
  type ClientState,
  connect,
  createClient,
  messages,
  type ReceivedMessage,
} from '@rookery/client/node'
import { NS } from '@rookery/protocol'
import { type Element, el } from '@rookery/protocol/xml'
import { reaches } from '../../../packages/client/test/waiting.ts'
import type { HostileServer } from '../harness/hostile-server.ts'
import { impatient } from './impatient.ts'

/** Who is attacked, unless told otherwise. */
export const romeo = { jid: 'romeo@localhost', password: 'secret' } as const
/** An attacker on another server. */
export const mallory = 'mallory@e.example'

export type Options<X extends readonly AnyExtension[] = readonly AnyExtension[]> = Partial<ClientOptions<X>>
type Use<X extends readonly AnyExtension[]> = readonly [typeof messages, ...X]

/** It always has messages. */
export function optionsFor<const X extends readonly AnyExtension[] = []>(
  server: HostileServer,
  { use, ...more }: Options<X> = {},
): ClientOptions<Use<X>> {
  const all = [messages, ...(use ?? [])] as unknown as Use<X>
  return {
    ...romeo,
    service: server.service.xmpp,
    tls: { ca: server.trust.ca },
    platform: impatient,
    use: all,
    ...more,
  }
}

export class Victim<X extends readonly AnyExtension[] = []> implements AsyncDisposable {
  readonly client: Client<Use<X>>
  readonly #client: Client<Use<[]>>
  readonly server: HostileServer
  /** What the application was told, in order. */
  readonly messages: ReceivedMessage[] = []
  /** What nobody expects: `stop` throws the first. */
  readonly errors: ClientError[] = []
  readonly states: ClientState[] = []

  constructor(given: Client<Use<X>>, server: HostileServer) {
    const client = given as unknown as Client<Use<[]>>
    this.client = given
    this.#client = client
    this.server = server
    client.on('message', (message) => void this.messages.push(message))
    client.on('error', (error) => void this.errors.push(error))
    client.on('state', (state) => void this.states.push(state))
  }

  static async login<const X extends readonly AnyExtension[] = []>(
    server: HostileServer,
    more: Options<X> = {},
  ): Promise<Victim<X>> {
    return new Victim(await connect(optionsFor(server, more)), server)
  }

  get jid(): string {
    return this.#client.jid!.toString()
  }

  get bodies(): (string | undefined)[] {
    return this.messages.map(({ body }) => body)
  }

  /** A message as somebody else's server would send it. */
  receive(attributes: Readonly<Record<string, string | undefined>>, children: readonly (Element | string)[]): void {
    this.server.connection.send(el('message', NS.client, { to: this.jid, ...attributes }, children))
  }

  /** Resolves when all that was sent before has been dealt with. */
  async settled(): Promise<undefined> {
    await this.#client.request('get', el('ping', 'urn:xmpp:ping'))
  }

  /** Resolves when the state is that one. */
  reaches(name: ClientState['name']): Promise<ClientState> {
    return reaches(this.#client, name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close()
    assert.deepEqual(this.errors, [])
  }
}

/** A login that must fail: the error, as plain as it is printed. */
export async function failsToLogIn(server: HostileServer, more: Options = {}): Promise<Record<string, unknown>> {
  const client = await createClient(optionsFor(server, { patience: 0, ...more }))
  const error = await client.connect().then(
    () => ({ kind: 'connected' }),
    (error: Error) => ({ ...error, message: error.message }),
  )
  await client.close()
  return error
}

export { reaches }

export const body = (text: string): Element => el('body', NS.client, {}, text)
