/**
 * What everybody saw, as the checker reads it: events of senders and devices in the order in which they happened to each, and archives as they
 * were paged at the end. A message is named by its origin-id, SENDER-K: the K-th message of that sender, from 1.
 */

export type SenderEvent =
  /** Written to the journal before it is written to the socket. */
  | { readonly kind: 'sent'; readonly k: number; readonly to: string; readonly body: string }
  /** Written once more: the server had not counted it before the connection broke. */
  | { readonly kind: 'resent'; readonly k: number }
  /** The server's `h` covers everything sent up to and including k. */
  | { readonly kind: 'acked'; readonly through: number }
  /** A message came back with an error. */
  | { readonly kind: 'error'; readonly k: number; readonly condition: string }

export interface SenderHistory {
  readonly name: string
  readonly events: Iterable<SenderEvent>
}

/** How a message came: as it was sent, with a note that it was held back, as a copy of what another device got, or because the archive was asked. */
export type Arrival = 'live' | 'delayed' | 'carbon' | 'archive'

export type DeviceEvent =
  | {
      readonly kind: 'message'
      readonly origin: string
      readonly body: string
      /** What the recipient's own archive calls it (XEP-0359). */
      readonly stanzaId?: string | undefined
      readonly arrival: Arrival
    }
  /**
   * `new`: bound and, with stream management, enabled. `resumed`: the session before goes on, and the server was told how much of it was
   * received. `closed`: the client ended it on purpose.
   */
  | { readonly kind: 'session'; readonly what: 'new' | 'resumed' | 'closed' }
  /**
   * The server took responsibility for a stanza that followed an acknowledgement of everything until then: `count` messages over all sessions
   * of the device, of which those of the present one are meant.
   */
  | { readonly kind: 'confirmed'; readonly count: number }

export interface DeviceHistory {
  readonly account: string
  readonly device: string
  /** Uses stream management. */
  readonly isManaged: boolean
  /** Was there from before the first message until after the last, and asked the archive whenever it had lost its session. */
  readonly isPresent: boolean
  readonly events: Iterable<DeviceEvent>
}

export interface ArchivedMessage {
  /** The id that the archive gave it. */
  readonly id: string
  /** From the attributes of the archived message, bare. */
  readonly from: string
  readonly to: string
  readonly origin: string
  readonly body: string
  /** Not a message of ours, but one that says that it could not be delivered. */
  readonly isError: boolean
}

export interface ArchiveHistory {
  readonly account: string
  /** Oldest first, paged from the beginning. */
  readonly forward: Iterable<ArchivedMessage>
  /** Oldest first as well, paged from the end. */
  readonly backward: Iterable<ArchivedMessage>
  /** What the archive says it holds. */
  readonly count?: number | undefined
}

export interface AccountFacts {
  readonly name: string
  /** False: the account has turned its archive off. */
  readonly isArchived: boolean
}

export interface History {
  readonly domain: string
  readonly accounts: readonly AccountFacts[]
  readonly senders: readonly SenderHistory[]
  readonly devices: readonly DeviceHistory[]
  readonly archives: readonly ArchiveHistory[]
}
