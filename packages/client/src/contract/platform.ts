/**
 * What the library needs of the machine it runs on: connections, cryptography, time, and word of the network. There is one for browsers
 * (and workers, Deno, Bun) and one for Node; tests pass their own.
 */
import type { SaslChannel, SaslCrypto } from '@rookery/protocol/sasl'
import type { XmppStream } from '@rookery/protocol/stream'
import type { Element } from '@rookery/protocol/xml'
import type { ClientError } from './errors.ts'

export interface Platform {
  readonly crypto: SaslCrypto
  readonly clock: Clock
  /**
   * Where the service of a domain is: URLs in the order to try them, `xmpps://host:port` (TLS at once), `xmpp://host:port` (STARTTLS), `wss://…`.
   * Throws a ConnectError when the domain does not exist or says that it has no such service.
   */
  discover(domain: string, signal: AbortSignal): Promise<readonly string[]>
  /** Connects to one of these; what comes is told after whoever asked has had the answer (a task later). Throws a ConnectError. */
  open(url: string, options: OpenOptions): Promise<Transport>
  /** The same kind of service at another host (`host`, `host:port`), where a server sends us; undefined where that cannot be. Missing: never. */
  moved?(url: string, host: string): string | undefined
  /**
   * Asks for TLS where a transport begins in clear (STARTTLS), if it is offered, and `plaintext` is not allowed or not taken: resolves to
   * whether it stands now. Throws a ConnectError. Missing: never.
   */
  startTls?(stream: ClearStream, offers: Element, plaintext: boolean): Promise<boolean>
  /** Calls `changed` when the network may have changed (came back, another one, the page is visible again); the answer stops it. */
  watchNetwork(changed: () => void): () => void
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Calls `run` once after so many milliseconds; the answer cancels it. */
  after(milliseconds: number, run: () => void): () => void
}

/** A stream that began in clear, before anything but its features has been said on it. */
export interface ClearStream {
  readonly transport: Transport
  send(element: Element): void
  nextElement(): Promise<Element>
  /** Forgets what was learnt in clear: the next stream begins. */
  restart(): void
}

export interface OpenOptions {
  /** What the certificate must be for, and the server's name in TLS: the domain of the account, wherever the connection goes. [RFC6120 13.7.1.2] */
  readonly domain: string
  readonly signal: AbortSignal
  /** Whether the connection may stay without encryption. */
  readonly plaintext: boolean
  /** Passed through to the platform: certificate authorities and the like. */
  readonly tls: TlsOptions
  /** What was received, as a wire string (`toWire`); over WebSocket one call is one frame. Never called after `closed`. */
  received(wire: string): void
  /** Called once, when the connection is gone; with a reason unless it was ended in order. */
  closed(reason?: ClientError): void
}

/** For Node; browsers decide these things by themselves. */
export interface TlsOptions {
  /** Certificates (PEM) of authorities to trust instead of those of the system. */
  readonly ca?: string | readonly string[] | undefined
  /** A certificate of one's own (PEM) with its key, for SASL EXTERNAL. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/** One connection. */
export interface Transport {
  readonly stream: XmppStream
  /** Encrypted, and the certificate is for the domain; or within this machine, as browsers see it (`ws://localhost`). */
  readonly isSecure: boolean
  /** What a login makes of TLS; missing where the platform tells nothing of it. */
  readonly channel?: SaslChannel | undefined
  /** Writes what the stream has made. */
  write(wire: string): void
  /** Bytes written and not sent. */
  readonly unsent: number
  /** Stops reading; what is under way may still come. Missing, with `resume`, where the platform cannot: what comes is to be taken then. */
  pause?(): void
  resume?(): void
  /** Begins TLS after STARTTLS: resolves when it is secure, throws a ConnectError. Missing where the transport has TLS from the start. */
  readonly startTls?: (() => Promise<undefined>) | undefined
  /** Sends what was written, then closes. */
  end(): void
  /** Closes at once. */
  destroy(): void
}
