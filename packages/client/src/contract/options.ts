/** What `createClient` and `connect` take. */

import type { Maybe } from '@rookery/protocol'
import type { Element } from '@rookery/protocol/xml'
import { UsageError } from './errors.ts'
import type { AnyExtension } from './extension.ts'
import type { Platform, TlsOptions } from './platform.ts'
import type { OpenStore } from './store.ts'

/** Sees all that is sent and received, for debugging; logins and registrations are left out. */
export type Trace = (direction: 'in' | 'out', element: Element | string) => void

export interface ClientOptions<X extends readonly AnyExtension[] = readonly AnyExtension[]> {
  /** `romeo@example.net`, with a resource if it must be a certain one; a domain alone logs in without an account. */
  readonly jid: string
  /** Or a function that asks for it when it is needed: never where a token is still good. Left out: the token of an earlier login. */
  readonly password?: string | (() => Maybe<string | undefined>) | undefined
  /** Where to connect, if it is not to be found by the domain: `wss://…`, `xmpps://host:port`, `xmpp://host:port` (STARTTLS). */
  readonly service?: string | undefined
  /** The features to have: `[roster, chat, rooms]`. */
  readonly use?: X | undefined
  /** Where to keep what must survive a reload or a restart; in memory unless told. */
  readonly store?: OpenStore | undefined
  /** Whether to connect again when the connection is lost. Default true. */
  readonly reconnect?: boolean | undefined
  /** Milliseconds that `connect()` tries for at most, 0 for one try; 20,000 unless told. Later tries go on for ever. */
  readonly patience?: number | undefined
  /** Milliseconds for one try; 15,000 unless told. */
  readonly attemptTimeout?: number | undefined
  /** Milliseconds of silence after which the server is asked whether it is there; 60,000 unless told. */
  readonly keepAlive?: number | undefined
  /** Milliseconds to wait for that answer; 15,000 unless told. */
  readonly answerWithin?: number | undefined
  /** Bytes (in browsers, UTF-16 code units) of messages that wait to be sent or acknowledged; 8 MiB unless told. More are refused. */
  readonly maxQueue?: number | undefined
  /** Bytes of received stanzas that the application has not dealt with; 4 MiB unless told, and four times that until a session has begun. Beyond, the server has to wait. */
  readonly maxUnhandled?: number | undefined
  /** Allows a connection without encryption: for tests on one machine. */
  readonly plaintext?: boolean | undefined
  readonly tls?: TlsOptions | undefined
  /** What the owner of the account sees in the list of devices, and others who ask. */
  readonly software?: string | undefined
  /** The version of your software. */
  readonly version?: string | undefined
  /** What it is, of the registry of identities: `web`, `pc`, `phone`, `bot`, … Unless told: `web` in a page, `pc` elsewhere. */
  readonly kind?: string | undefined
  readonly device?: string | undefined
  /** Sees all elements that are sent and received, but for logins. */
  readonly trace?: Trace | undefined
  /** The machine it runs on, if it is not the usual one. */
  readonly platform?: Platform | undefined
}

export interface ConnectOptions<X extends readonly AnyExtension[] = readonly AnyExtension[]> extends ClientOptions<X> {
  /** Gives up connecting; of no meaning later. */
  readonly signal?: AbortSignal | undefined
}

/** What the options that need care can be, of every call. */
const kinds: { readonly [name: string]: string | undefined } = {
  password: 'string function',
  service: 'string',
  use: 'array',
  store: 'function',
  reconnect: 'boolean',
  patience: 'number',
  attemptTimeout: 'number',
  keepAlive: 'number',
  answerWithin: 'number',
  maxQueue: 'number',
  maxUnhandled: 'number',
  plaintext: 'boolean',
  tls: 'object',
  software: 'string',
  version: 'string',
  kind: 'string',
  device: 'string',
  trace: 'function',
  platform: 'object',
  signal: 'object',
  timeout: 'number',
  options: 'object',
}

/** For those whom no compiler tells. Throws a UsageError, which does not say what the value is: it may be a password. */
export function checkOptions(options: object): undefined {
  for (const [name, value] of Object.entries(options ?? { options })) {
    const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
    const known = kinds[name]
    if (value === undefined || known === undefined) continue
    if (!known.includes(kind) || !(kind === 'number' ? value >= 0 : name !== 'signal' || value.throwIfAborted))
      throw new UsageError(`The option "${name}" cannot be this ${kind}: see the reference.`)
  }
}
