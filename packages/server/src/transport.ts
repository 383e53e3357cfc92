/**
 * One byte stream as connection.ts sees it: a TCP socket, a TLS socket, one end of an in-memory pair. Bytes are wire
 * strings (a character a byte), so that text is neither decoded nor encoded on its way through the server.
 */
import type { ChannelBinding } from '@rookery/protocol/sasl'
import type { XmppStream } from '@rookery/protocol/stream'
import type { XmlLimits } from '@rookery/protocol/xml'

/** What a transport tells its one owner. */
export interface TransportSink {
  /** Received bytes. */
  data(wire: string): void
  /** Everything written has been handed to the system, after a write that returned false. */
  drained(): void
  /** No more bytes will come or go. Said once. */
  closed(): void
}

export interface TlsState {
  /** E.g. `TLSv1.3`. */
  readonly version: string
  readonly channelBindings: readonly ChannelBinding[]
  /** The XMPP addresses a verified client certificate stands for (id-on-xmppAddr); none without one. [RFC6120 13.7.1.4] */
  readonly peerAddresses: readonly string[]
}

export interface Transport {
  /** How streams are laid on it; `isPartial` where an element may have begun whose end has not come. */
  createStream(limits: XmlLimits): XmppStream & { readonly isPartial?: boolean }
  /** Address of the other side, for limits and logs. */
  readonly remoteAddress: string
  /** The state of TLS, or undefined while the bytes go in the clear. */
  readonly tls: TlsState | undefined
  /** TLS begins with the first byte: the owner calls `startTls` before anything else. [XEP-0368] */
  readonly startsWithTls: boolean
  /** Whether TLS can be offered. */
  readonly canStartTls: boolean
  /** The other side fetches bytes when it likes: that they wait is no sign that it has gone, which the transport finds out. */
  readonly isPolled?: boolean
  /** Bytes written and not yet handed to the system. */
  readonly pending: number
  attach(sink: TransportSink): void
  /** Takes bytes to send; false when they wait for the other side to read. */
  write(wire: string): boolean
  pause(): void
  resume(): void
  /** Sends what waits, then closes; destroys by itself if the other side does not read. */
  end(): void
  destroy(): void
  /** Goes on under TLS as its server, with the certificate of `host`. Bytes received in the clear before must be gone. */
  startTls(host: string, done: (error?: Error) => void): void
}
