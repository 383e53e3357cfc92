/**
 * What a scenario runs against: a server reached over some transport, with a way to make accounts on it.
 * It knows nothing about XMPP beyond host names; the test client speaks the protocol.
 */

/** One connection to the server. Wire strings: one character per byte. */
export interface RawConnection {
  send(wire: string): void
  /** Called with received bytes. Set by the one who connects, before anything is sent. */
  onData: (wire: string) => void
  /** Called once, when no more bytes will come. */
  onClose: () => void
  /** Ends the connection after what was sent has left. */
  close(): void
  /** Breaks the connection without a word. */
  destroy(): void
}

export interface Target {
  /** The word that notes in scenarios use for it (`differs: prosody — …`). */
  readonly name: string
  /** The domain served; HOST in a scenario. */
  readonly host: string
  /** Another domain of the same server; OTHERHOST in a scenario. */
  readonly secondHost?: string
  /** Whether it lets clients log in by XEP-0388, without TLS as the test client does. */
  readonly hasSasl2?: boolean
  /** How long a stanza may take to arrive before a scenario gives it up, in milliseconds; 10,000 when absent. */
  readonly patience?: number
  connect(): Promise<RawConnection>
  createAccount(local: string, password: string, host: string): Promise<void>
  stop(): Promise<void>
}
