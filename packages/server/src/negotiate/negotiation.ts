/** What a stream feature of the server may see and do: the state of one connection until a resource is bound. */

import type { Maybe } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import type { SaslCrypto } from '@rookery/protocol/sasl'
import type { StreamError, StreamFeature } from '@rookery/protocol/stream'
import type { Element } from '@rookery/protocol/xml'
import type { Access } from '../access/access.ts'
import type { Accounts } from '../accounts.ts'
import type { ServerConfig } from '../config/schema.ts'
import type { Phases } from '../phases.ts'
import type { Log, RandomPower } from '../powers.ts'
import type { Session } from '../session.ts'
import type { TlsState } from '../transport.ts'

/** The host that the stream is for, as far as logging in to it needs. */
export interface NegotiatedHost {
  readonly domain: string
  readonly accounts: Accounts
  readonly access: Access
  readonly crypto: SaslCrypto
  readonly random: RandomPower
  /** What features do when a client binds by XEP-0386. */
  readonly bind2: Phases['bind2']
}

/** What became of a request to resume a session. [XEP-0198 5] */
export interface Resumption {
  /** `<resumed/>` or `<failed/>`. */
  readonly answer: Element
  readonly isResumed: boolean
  /** To be called when the answer has been sent: what the client has not acknowledged follows. */
  proceed(): void
}

/** Stream management of one stream (XEP-0198), for those who negotiate it inside of something else. */
export interface StreamManagement {
  /** Not after binding. The stream is that session's from then on. Undefined: the request was such that the stream has ended. */
  resume(request: Element): Maybe<Resumption | undefined>
  /** After binding: `<enabled/>` or `<failed/>`, to be sent in the same turn. */
  /** Turns it on when the result is called, which says what became of it. */
  enable(request: Element): Maybe<() => Element>
}

export interface Negotiation {
  readonly host: NegotiatedHost
  readonly config: ServerConfig
  readonly log: Log
  readonly remoteAddress: string
  /** The address as rates count it: an IPv6 address by its first 64 bits. */
  readonly remoteNetwork: string
  readonly tls: TlsState | undefined
  readonly canStartTls: boolean
  /** Who the client says it is going to log in as; its word only. [RFC6120 4.7.1] */
  readonly from: Jid | undefined
  /** Localpart of the account that logged in; fixed from then on, like the host. [S42] */
  readonly account: string | undefined
  /** Logged in without an account (SASL ANONYMOUS). */
  readonly isAnonymous: boolean
  readonly session: Session | undefined
  send(element: Element): void
  close(error: StreamError): void
  /** Goes on under TLS, with a new stream. [RFC6120 5.4.3.3] */
  secure(): void
  /** Goes on as this account: with a new stream [RFC6120 6.4.6], or on the same one [XEP-0388 2.6.2]. */
  authenticated(local: string, isAnonymous: boolean, stream: 'restart' | 'continue'): void
  /** Lists the stream features again, where there is no new header to list them after. [XEP-0388 2.6.2] */
  offerFeatures(): void
  /**
   * Binds a resource: the session, or why not. `gone`: since the login the account was removed, or its password changed. `agent` is the client's
   * own id, by which it replaces the session that it had before. [XEP-0386 4]
   */
  bind(resource: string | undefined, agent?: string): Session | 'malformed' | 'too-many' | 'gone'
  readonly management: StreamManagement
  /** A login failed; true when the connection has had its last try. */
  failedLogin(): boolean
}

export type ServerStreamFeature = StreamFeature<Negotiation>
