/** What the SASL tests share: a platform's cryptography, and both ends of a login. No tests here. */

import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { decodeUtf8, encodeUtf8 } from './bytes.ts'
import { SaslChannel } from './channel.ts'
import type { ChannelBinding } from './channel-binding.ts'
import { authenticate } from './client.ts'
import { type SaslAnswer, type SaslClientOptions, SaslProblemError, type Say } from './client-mechanism.ts'
import { type HashName, hashLength, type SaslCrypto } from './sasl-crypto.ts'
import { deriveScramKeys, type ScramKeys } from './scram-keys.ts'
import type { SaslServerContext, SaslServerMechanism, SaslStep } from './server-mechanism.ts'

const nodeName: Record<HashName, string> = { 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-512': 'sha512' }

/** Every answer is there at once. */
interface SyncCrypto extends SaslCrypto {
  hash(hash: HashName, data: Uint8Array): Uint8Array
  hmac(hash: HashName, key: Uint8Array, data: Uint8Array): Uint8Array
  pbkdf2(hash: HashName, password: Uint8Array, salt: Uint8Array, iterations: number, length: number): Uint8Array
}

export const testCrypto: SyncCrypto = {
  hash: (hash, data) => new Uint8Array(createHash(nodeName[hash]).update(data).digest()),
  hmac: (hash, key, data) => new Uint8Array(createHmac(nodeName[hash], key).update(data).digest()),
  pbkdf2: (hash, password, salt, iterations, length) =>
    new Uint8Array(pbkdf2Sync(password, salt, iterations, length, nodeName[hash])),
  random: (length) => new Uint8Array(randomBytes(length)),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
}

/** The same, but every answer has to be waited for, as with WebCrypto. */
export const waitingCrypto: SaslCrypto = {
  ...testCrypto,
  hash: async (hash, data) => testCrypto.hash(hash, data),
  hmac: async (hash, key, data) => testCrypto.hmac(hash, key, data),
  pbkdf2: async (hash, password, salt, iterations, length) =>
    testCrypto.pbkdf2(hash, password, salt, iterations, length),
}

export const exporter: ChannelBinding = { type: 'tls-exporter', data: new Uint8Array(32).fill(7) }
export const endPoint: ChannelBinding = { type: 'tls-server-end-point', data: new Uint8Array(32).fill(8) }
export const unique: ChannelBinding = { type: 'tls-unique', data: new Uint8Array(12).fill(9) }

/** Lower case stands for preparation here; the real one is PRECIS and not our business. */
export function prepareUsername(text: string): string | undefined {
  return text === '' || text.includes(' ') || text.includes('@') || text.includes('/') ? undefined : text.toLowerCase()
}

export function prepareOpaque(text: string): string | undefined {
  return text === '' || text.includes('\u0007') ? undefined : text.normalize('NFC')
}

export const everyName: readonly string[] = [
  'SCRAM-SHA-512-PLUS',
  'SCRAM-SHA-256-PLUS',
  'SCRAM-SHA-1-PLUS',
  'SCRAM-SHA-512',
  'SCRAM-SHA-256',
  'SCRAM-SHA-1',
  'PLAIN',
  'EXTERNAL',
  'ANONYMOUS',
]

const passwords = new Map([
  ['juliet', 'r0m30myr0m30'],
  ['eq=ual,comma', 'pässwörd ,='],
])
const salt = encodeUtf8('a salt for tests')
const cache = new Map<string, ScramKeys>()

function keysOf(username: string, hash: HashName): ScramKeys {
  const key = `${hash} ${username}`
  const found = cache.get(key)
  if (found !== undefined) return found
  const made = deriveScramKeys(
    testCrypto,
    hash,
    passwords.get(username) ?? 'nobody knows this',
    salt,
    4096,
  ) as ScramKeys
  cache.set(key, made)
  return made
}

export function serverContext(changes: Partial<SaslServerContext> = {}): SaslServerContext {
  return {
    crypto: testCrypto,
    host: 'capulet.example',
    offered: everyName,
    channelBindings: [exporter, endPoint],
    prepareUsername,
    prepareOpaque,
    scramKeys: keysOf,
    verifyPlain: (username, password) => passwords.get(username) === password,
    ...changes,
  }
}

export function scramProof(
  hash: HashName,
  password: string,
  authMessage: string,
): { proof: string; signature: string } {
  const salted = testCrypto.pbkdf2(hash, encodeUtf8(password), salt, 4096, hashLength[hash])
  const clientKey = testCrypto.hmac(hash, salted, encodeUtf8('Client Key'))
  const mask = testCrypto.hmac(hash, testCrypto.hash(hash, clientKey), encodeUtf8(authMessage))
  const proof = clientKey.map((octet, i) => octet ^ mask[i]!)
  const serverKey = testCrypto.hmac(hash, salted, encodeUtf8('Server Key'))
  const signature = testCrypto.hmac(hash, serverKey, encodeUtf8(authMessage))
  return { proof: Buffer.from(proof).toString('base64'), signature: Buffer.from(signature).toString('base64') }
}

export const bytes: (text: string) => Uint8Array = encodeUtf8

export function text(step: SaslStep | { kind: string; data?: Uint8Array }): string {
  return 'data' in step && step.data !== undefined ? (decodeUtf8(step.data) ?? '') : ''
}

/** What the channel is made of, beside the options. */
export interface ClientChanges extends Partial<SaslClientOptions> {
  channelBindings?: readonly ChannelBinding[]
  tlsVersion?: string | undefined
  isOftenProxied?: boolean
}

export function clientOptions({
  channelBindings = [exporter, endPoint],
  tlsVersion,
  isOftenProxied,
  ...changes
}: ClientChanges = {}): SaslClientOptions {
  return {
    channel: new SaslChannel({ bindings: channelBindings, tlsVersion, isOftenProxied }),
    crypto: testCrypto,
    username: 'juliet',
    password: 'r0m30myr0m30',
    offered: everyName,
    offeredBindings: ['tls-exporter', 'tls-server-end-point'],
    prepareUsername,
    prepareOpaque,
    ...changes,
  }
}

export type ClientStep =
  | { kind: 'response'; data: Uint8Array }
  | { kind: 'success' }
  | { kind: 'failure'; problem: string }

/** A login that is led by hand: each call answers what it says next, or how it ended. */
export class LedLogin {
  readonly #run: (say: Say) => Promise<void>
  #tell: (step: ClientStep) => void = () => undefined
  #answer: (answer: SaslAnswer) => void = () => undefined
  #end: ClientStep | undefined

  constructor(run: (say: Say) => Promise<void>) {
    this.#run = run
  }

  start(): Promise<ClientStep> {
    const said = this.#next()
    const run = this.#run((data) => {
      const answered = new Promise<SaslAnswer>((resolve) => {
        this.#answer = resolve
      })
      this.#tell({ kind: 'response', data })
      return answered
    })
    const ended = (end: ClientStep): void => {
      this.#end = end
      this.#tell(end)
    }
    run.then(
      () => ended({ kind: 'success' }),
      (error: unknown) =>
        ended({ kind: 'failure', problem: error instanceof SaslProblemError ? error.problem : String(error) }),
    )
    return said
  }

  respond(data: Uint8Array): Promise<ClientStep> {
    return this.#goOn({ isSuccess: false, data })
  }

  finish(data: Uint8Array = new Uint8Array(0)): Promise<ClientStep> {
    return this.#goOn({ isSuccess: true, data })
  }

  #goOn(answer: SaslAnswer): Promise<ClientStep> {
    if (this.#end !== undefined) return Promise.resolve(this.#end)
    const said = this.#next()
    this.#answer(answer)
    return said
  }

  #next(): Promise<ClientStep> {
    return new Promise((resolve) => {
      this.#tell = resolve
    })
  }
}

export function ledLogin(name: string, options: SaslClientOptions): LedLogin {
  return new LedLogin((say) => authenticate(name, options, say))
}

/** Both ends until one of them is done: the server's outcome, then the client's. */
export async function converse(client: LedLogin, server: SaslServerMechanism): Promise<string> {
  let ours = await client.start()
  let theirs: SaslStep | undefined
  while (ours.kind === 'response') {
    theirs = await (theirs === undefined ? server.start(ours.data) : server.respond(ours.data))
    if (theirs.kind === 'failure') return `${theirs.condition}; refused`
    ours = await (theirs.kind === 'success' ? client.finish(theirs.data) : client.respond(theirs.data))
  }
  return `${theirs === undefined ? 'nothing' : outcome(theirs)}; ${ours.kind === 'failure' ? ours.problem : ours.kind}`
}

/** A step as something short to compare: the kind and what matters of it. */
export function outcome(step: SaslStep): string {
  if (step.kind === 'failure') return step.condition
  return step.kind === 'success' ? `success ${step.username}` : 'challenge'
}

export function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../../spec/sasl/${name}.json`, import.meta.url), 'utf8')) as T
}
