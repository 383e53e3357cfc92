/**
 * What an extension is, and what it is given. The features of this library are extensions like yours: each is a value that is passed to
 * `connect({ use: [roster, chat] })`, and what is not passed is not in your bundle.
 */
import type { Maybe } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import type { SaslCrypto } from '@rookery/protocol/sasl'
import type { Iq, Message, Presence, Stanza } from '@rookery/protocol/stanza'
import type { Element } from '@rookery/protocol/xml'
import type { Carrier } from './carrier.ts'
import type { ClientError } from './errors.ts'
import type { EventsBase, Listener, ListenOptions } from './events.ts'
import type { Kept } from './kept.ts'
import type { Clock } from './platform.ts'
import type { ClientState } from './state.ts'
import type { RequestOptions } from './within.ts'

/** The events of the core. */
export interface ClientEvents extends EventsBase {
  readonly state: ClientState
  /** What went wrong and belongs to no call: never swallowed; without a listener it is an uncaught error. */
  readonly error: ClientError
  /**
   * A stanza came that is too large to be read, and is left out; nothing but the name of its element is known, most often `message`. A request
   * whose answer it was ends by its time.
   */
  readonly omitted: { readonly name: string }
}

export interface Extension<Name extends string = string, Api = unknown, E = unknown> {
  readonly name: Name
  /** Namespaces that others may know we support (XEP-0030). */
  readonly features?: readonly string[] | undefined
  readonly start: (core: Core<E>) => Api
  /** Only a type: the events it adds. */
  readonly events?: E | undefined
}

/** For lists of any extensions: what they take is each its own. */
// biome-ignore lint/suspicious/noExplicitAny: a parameter of unknown events is what `any` is for
export type AnyExtension = Extension<string, any, any>

/** What every client has, and no extension can be called; a client with a `then` would be taken for a promise. */
export type ClientMember =
  | 'state'
  | 'jid'
  | 'connect'
  | 'disconnect'
  | 'close'
  | 'on'
  | 'request'
  | 'send'
  | 'use'
  | 'then'
  | typeof Symbol.asyncDispose

/**
 * Declares an extension. What `start` answers becomes `client[name]`, which must not be a member that every client has.
 *
 * ```ts
 * const waves = defineExtension({
 *   name: 'waves',
 *   features: ['urn:example:wave'],
 *   events: events<{ wave: { from: Jid } }>(),
 *   start: (core) => {
 *     core.use(messages).onMessage((message) => {
 *       if (message.payload(wave) !== undefined) return core.emit('wave', { from: message.from })
 *     })
 *     return { send: (to: string) => core.use(messages).post(to, [wave.build({})]) }
 *   },
 * })
 * ```
 */
/* @__NO_SIDE_EFFECTS__ */
export function defineExtension<const Name extends string, Api, E = unknown>(
  declaration: Extension<Name, Api, E> & { readonly name: Exclude<Name, ClientMember> },
): Extension<Name, Api, E> {
  return declaration
}

/** The events of an extension: a type that needs no value. */
/* @__NO_SIDE_EFFECTS__ */
export function events<E extends { readonly [name: string]: unknown }>(): E | undefined {
  return undefined
}

export type SessionPhase = 'prepare' | 'appear'

/** How the session that begins came about. */
export interface SessionStart {
  /** The one of before goes on: presence, rooms and subscriptions are as they were. */
  readonly resumed: boolean
  /** It was resumed by a program that knows nothing of what was: it has been started anew, or its beginning was cut off. */
  readonly restored: boolean
}

/** What the software is that uses the library. */
export interface Software {
  readonly name: string
  readonly version: string | undefined
  /** The type of its identity. [XEP-0030 3.1] */
  readonly kind: string
}

/** What an extension may see and do. */
export interface Core<E = unknown> {
  /** The bare address of the account. Of an anonymous login: known once online. */
  readonly account: Jid
  /** The full address of the session, once there is one. */
  readonly jid: Jid | undefined
  readonly state: ClientState
  /** Whether the client has been closed: it is of no use any more. */
  readonly isClosed: boolean
  /** The features of the stream, as the server offered them last. */
  readonly streamFeatures: Element
  readonly clock: Clock
  readonly crypto: SaslCrypto
  readonly software: Software
  /** Whether connections without encryption are allowed: in tests on one machine. */
  readonly plaintext: boolean
  /** An id that nobody can guess. */
  newId(): string

  /** Another extension; it is started when nobody else has. */
  use<Name extends string, Api, X>(extension: Extension<Name, Api, X>): Api
  /** Listens to events of the core and to its own. */
  on<K extends keyof (ClientEvents & E) & string>(
    event: K,
    listener: Listener<(ClientEvents & E)[K]>,
    options?: ListenOptions,
  ): () => void
  /** An event of its own; a promise when a listener works on. */
  emit<K extends keyof E & string>(event: K, payload: E[K]): undefined | Promise<undefined>
  /** Whether anybody listens to it. */
  hasListeners(event: keyof E & string): boolean
  /** Tells of what went wrong and belongs to no call. */
  failed(error: ClientError): void

  /** Asks, and resolves with the payload of the answer. Waits for a connection where one is being made. Throws RequestError, TimeoutError, DisconnectedError. */
  request(type: 'get' | 'set', payload: Element, options?: RequestOptions): Promise<Element | undefined>
  /** Answers requests with this payload: with another, with nothing, or by throwing a StanzaError. */
  respond(type: 'get' | 'set', name: string, ns: string, answer: (request: Iq) => Maybe<Element | undefined>): void
  /** Sends a stanza that nobody follows, at once: presence, and messages that are worth nothing later. False when there is no session. */
  send(stanza: Presence | Message): boolean
  /** Sends an element that is no stanza, and is not sent again. False when there is no connection. */
  sendNonza(element: Element): boolean

  /** Sees each stanza of a kind, with its addresses. An answered promise holds back its acknowledgement. Messages are better read by `messages`. */
  onStanza<K extends 'message' | 'presence'>(
    kind: K,
    reader: (stanza: Extract<Stanza, { readonly kind: K }>) => unknown,
  ): void

  /**
   * Called at the start of each session, before the client is called online: all of `prepare` at once (lists, copies, archives), then all of
   * `appear` (presence, rooms); for an extension that is used later, when it is. What it throws is an `error`.
   */
  onSession(phase: SessionPhase, run: (start: SessionStart) => Maybe<undefined>): void
  /** Called when a session has ended for good. */
  onSessionEnd(run: () => void): void
  /** Called before an orderly end, which waits for it until the signal says that it is too late. */
  onDisconnect(run: (signal: AbortSignal) => Promise<undefined>): void
  /** For `messages`: what carries stanzas that are not to be lost, made of what is kept and of how many bytes may wait. */
  carry<C extends Carrier>(make: (kept: Kept, maxBytes: number) => C): C
  /**
   * For the archive: whether the next session asks for what was missed. Then the resource is bound in the same breath as the login (XEP-0386), for
   * which a server throws away what it has kept for us.
   */
  catchesUp(does: () => boolean): void
  /** Asks for this in the same breath as the binding of the resource, where the server takes it (XEP-0386). */
  inline(request: Element): void
  /** Whether it was turned on so, for this session. */
  isTurnedOn(ns: string): boolean
  /** Namespaces that we support: those of all extensions, and what is added here. */
  readonly supported: Set<string>

  /** Small things to keep across restarts, of this extension alone. */
  kept(key: string): string | undefined
  keep(key: string, value: string | undefined): Maybe<undefined>
}
