/** What a test may change in the hostile server: how it behaves by itself, and a word of the test's own at each step. */
import type { StreamHeader } from '@rookery/protocol/stream'
import type { Element } from '@rookery/protocol/xml'
import type { Connection } from './hostile-connection.ts'

export interface Behaviour {
  startTls: 'offered' | 'required' | 'absent'
  /** Those with -PLUS are offered where there is TLS. */
  mechanisms: readonly string[]
  /** Rounds of SCRAM. */
  iterations: number
  /** Whether SCRAM proves the offers (XEP-0474). */
  downgradeProtection: boolean
  /** SASL of RFC 6120. */
  sasl: boolean
  /** XEP-0388 with Bind 2 and resumption inside. */
  sasl2: boolean
  /** Tokens of XEP-0484, within `sasl2`. */
  fast: boolean
  /** XEP-0198 */
  management: boolean
  /** Seconds that a session can be resumed, as it is told to the client. */
  resumeSeconds: number
  /** Whether each stanza is followed by a request to acknowledge it. */
  asksForAcks: boolean
  /** `<item/>` elements of everybody's roster. */
  roster: readonly Element[]
  /** What the domain says that it knows. */
  disco: readonly string[]
}

export const wellBehaved: Behaviour = {
  startTls: 'offered',
  mechanisms: ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-1-PLUS', 'SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN'],
  iterations: 4096,
  downgradeProtection: true,
  sasl: true,
  sasl2: false,
  fast: false,
  management: true,
  resumeSeconds: 300,
  asksForAcks: true,
  roster: [],
  disco: ['urn:xmpp:ping', 'urn:xmpp:carbons:2'],
}

/** An element, or a wire string that is sent as it is: a character a byte, no escaping, no framing over TCP. */
export type Sent = Element | string

/** All of it may be changed at any time: the next step goes by it. */
export interface Script {
  /** Somebody has connected. The place for `connection.cut` and `connection.delay`. */
  connect?(connection: Connection): void
  /** Our header, before it is sent; undefined: nothing is said. */
  header?(header: StreamHeader, connection: Connection): StreamHeader | undefined
  features?(offered: readonly Element[], connection: Connection): readonly Element[]
  /** The first word on what came. True: it is dealt with, and the server does nothing about it by itself. */
  receive?(element: Element, connection: Connection): boolean | undefined | Promise<boolean | undefined>
  /** The last word on what is sent: this in its place, several, or nothing. */
  send?(element: Element, connection: Connection): Sent | readonly Sent[] | undefined
  /** A body for a request by plain HTTP (host-meta); undefined: 404. */
  http?(path: string): string | undefined
  /** The status that a handshake of WebSocket is refused with (503); undefined: it is not. */
  upgrade?(path: string): number | undefined
}
