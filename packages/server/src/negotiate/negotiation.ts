/** What a stream feature of the server may see and do: the state of one connection until a resource is bound. */
import type { SaslCrypto } from '@rookery/protocol/sasl'
import type { StreamError, StreamFeature } from '@rookery/protocol/stream'
import type { Element } from '@rookery/protocol/xml'
import type { Accounts } from '../accounts.ts'
import type { ServerConfig } from '../config/schema.ts'
import type { Log, RandomPower } from '../powers.ts'
import type { Session } from '../session.ts'
import type { TlsState } from '../transport.ts'

/** The host that the stream is for, as far as logging in to it needs. */
export interface NegotiatedHost {
  readonly domain: string
  readonly accounts: Accounts
  readonly crypto: SaslCrypto
  readonly random: RandomPower
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
  /** Localpart of the account that logged in; fixed from then on, like the host. [S42] */
  readonly account: string | undefined
  /** Logged in without an account (SASL ANONYMOUS). */
  readonly isAnonymous: boolean
  readonly session: Session | undefined
  send(element: Element): void
  close(error: StreamError): void
  /** Goes on under TLS, with a new stream. [RFC6120 5.4.3.3] */
  secure(): void
  /** Goes on as this account, with a new stream. [RFC6120 6.4.6] */
  authenticated(local: string, isAnonymous: boolean): void
  /** Binds a resource: the session, or why not. `gone`: since the login the account was removed, or its password changed. */
  bind(resource: string | undefined): Session | 'malformed' | 'too-many' | 'gone'
  /** A login failed; true when the connection has had its last try. */
  failedLogin(): boolean
}

export type ServerStreamFeature = StreamFeature<Negotiation>
