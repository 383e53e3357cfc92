/**
 * The storage contracts: what the server asks of any driver (memory, SQLite, later PostgreSQL and MySQL). No protocol, no policy, no SQL.
 *
 * Rules for every driver, proved by `suite.ts`:
 * - The promise of a write resolves only after the write is durable. A rejected write has not happened.
 * - Operations take effect in the order of the calls, over all stores and hosts; a read sees every write called before it.
 * - Callers may start many operations without waiting; they share a commit.
 * - Everything in and out is a copy: changing an argument or a result afterwards changes nothing stored.
 * - Rejections are `StorageError`s. What waits is bounded; beyond the bound calls are refused as 'overloaded' and have no effect.
 * - Locals, domains and JIDs are prepared text (canonical form), compared code unit for code unit. Times are ms since epoch, UTC.
 * - "Wire" strings hold one byte of UTF-8 per char. Any other well-formed string is stored faithfully as well.
 */

export interface Storage {
  /** Opens, creating and migrating what is missing. Opening an open storage does nothing. May be called again after `close()`. */
  open(): Promise<void>
  /** Waits until everything called before is committed, then closes. Later calls are refused as 'closed'. Closing twice is harmless. */
  close(): Promise<void>
  /** The stores of one host. Hosts are strictly apart. Costs nothing: may be called before `open()` and as often as you like. */
  host(domain: string): HostStorage
}

export interface HostStorage {
  readonly accounts: AccountStore
  readonly roster: RosterStore
  readonly offline: OfflineStore
  readonly documents: DocumentStore
  readonly archive: ArchiveStore
  readonly resumption: ResumptionStore
}

export type CredentialMechanism = 'SCRAM-SHA-1' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

/** What a server keeps of a password [RFC5802 3]. */
export interface Credential {
  readonly mechanism: CredentialMechanism
  readonly salt: Uint8Array
  readonly iterations: number
  readonly storedKey: Uint8Array
  readonly serverKey: Uint8Array
}

export interface Account {
  readonly local: string
  /** ms since epoch */
  readonly created: number
  /** In the order given when they were set. */
  readonly credentials: readonly Credential[]
}

/**
 * The accounts of one host. The other stores do not ask whether an account exists (users may be authenticated elsewhere); that no new
 * account inherits what a late write left behind is the promise of `create`.
 */
export interface AccountStore {
  get(local: string): Promise<Account | undefined>
  /** False: exists already, nothing changed. True: the account exists now and owns nothing but its credentials. */
  create(account: Account): Promise<boolean>
  /**
   * Replaces all credentials. False: no such account, or `expected` is given and the present credentials are not those (somebody changed
   * the password between the caller's `get` and now).
   */
  setCredentials(local: string, credentials: readonly Credential[], expected?: readonly Credential[]): Promise<boolean>
  /** Removes the account and everything it owns in every store, all or nothing. False: there was no account (what it left is removed all the same). */
  remove(local: string): Promise<boolean>
  /** Locals in code point order, those greater than `after`. */
  list(options: { readonly after?: string | undefined; readonly limit: number }): Promise<string[]>
  count(): Promise<number>
}

export type Subscription = 'none' | 'to' | 'from' | 'both'

/** One contact [RFC6121 2.1.2]. */
export interface RosterItem {
  /** bare JID */
  readonly jid: string
  readonly name?: string
  readonly groups: readonly string[]
  readonly subscription: Subscription
  /** An outbound subscription request waits for its answer. */
  readonly ask: boolean
  /** Pre-approved by the user. */
  readonly approved: boolean
  /** Wire XML of the inbound subscription request that waits for the user's answer. */
  readonly pendingIn?: string
  /** False: exists only to remember `pendingIn`, never shown in the roster [RFC6121 A.2.1]. */
  readonly listed: boolean
}

/** The final state of one contact changed since a version; without `item` it is no longer in the roster. */
export interface RosterChange {
  readonly version: number
  readonly jid: string
  readonly item?: RosterItem
}

/** Rosters with versions counting up from 0 (never changed) [RFC6121 2.6]. */
export interface RosterStore {
  /** All items, unlisted ones too, in no particular order. */
  load(local: string): Promise<{ version: number; items: RosterItem[] }>
  /** Adds or replaces the item of this JID. The roster's new version. */
  put(local: string, item: RosterItem): Promise<number>
  /** The roster's version afterwards, unchanged if there was no such item. */
  remove(local: string, jid: string): Promise<number>
  /**
   * What a client that knows `version` has missed, oldest change first, each JID once with its final state; unlisted items excluded, and
   * an item that became unlisted counts as removed. Undefined: the version is unknown or too old (at least the newest 500 removals of an
   * account are remembered), send the whole roster.
   */
  changesSince(local: string, version: number): Promise<{ version: number; changes: RosterChange[] } | undefined>
}

export interface OfflineEntry {
  /** Its place in the queue; positive, unique in the storage, made by the caller from the same counter as the ids of archives */
  readonly id: number
  /** ms since epoch */
  readonly at: number
  /** wire XML */
  readonly stanza: string
}

export interface OfflineLimit {
  /** stanzas */
  readonly count: number
  readonly bytes: number
}

export interface StoreSize {
  readonly count: number
  readonly bytes: number
}

/** Stanzas kept until a client of their account has them (XEP-0160): a queue per account. */
export interface OfflineStore {
  /** The greatest id in any queue of the host, or greater; 0 when there is none. */
  lastId(): Promise<number>
  /** 'full': with this entry the queue would exceed the limit; nothing stored. One with an id that is there already changes nothing. */
  append(local: string, entry: OfflineEntry, limit: OfflineLimit): Promise<'stored' | 'full'>
  /** `limit` entries with an id greater than `after`, in the order of their ids. */
  read(local: string, after: number, limit: number): Promise<OfflineEntry[]>
  /** Those that are there. */
  remove(local: string, ids: readonly number[]): Promise<void>
  size(local: string): Promise<StoreSize>
}

export interface DocumentInfo {
  readonly key: string
  readonly bytes: number
}

/** Small documents by owner and key: private XML, vCards, last activity, block lists. The owner '' is the host itself. */
export interface DocumentStore {
  get(owner: string, key: string): Promise<string | undefined>
  put(owner: string, key: string, value: string): Promise<void>
  /** False: there was none. */
  remove(owner: string, key: string): Promise<boolean>
  /** In code point order of the keys. */
  list(owner: string): Promise<DocumentInfo[]>
}

/** One message in the archive of an account, as it was routed, without the account's own stanza-id. */
export interface ArchiveEntry {
  /** Positive, grows with every message of the storage (all hosts), is never used again; made by the caller. */
  readonly id: number
  /** ms since epoch; not decreasing with the id */
  readonly at: number
  /** bare JID of the other side (the account itself for what it sends to itself) */
  readonly peer: string
  /** The account sent it; otherwise it was sent to the account. */
  readonly isOut: boolean
  /** wire XML */
  readonly stanza: string
}

export interface NewArchiveEntry extends ArchiveEntry {
  /** What its sender calls it (XEP-0359 origin-id): kept once by account, peer, direction and origin. */
  readonly origin?: string
}

/** Which messages; all conditions hold together. */
export interface ArchiveFilter {
  /** bare or full JID: a bare one matches the peer, a full one the very address in the message */
  readonly peer?: string
  /** ms since epoch, inclusive */
  readonly start?: number
  readonly end?: number
  /** ids, exclusive */
  readonly after?: number
  readonly before?: number
  readonly ids?: readonly number[]
  /** All of these words are in the text of bodies, as `words.ts` compares them (XEP-0431). Too many or too long ones are refused as 'invalid'. */
  readonly words?: readonly string[]
}

export interface ArchivePage {
  /** Oldest first, whichever end the page was read from. */
  readonly entries: readonly ArchiveEntry[]
  /** Nothing else matches beyond the page, on the side it was read towards. */
  readonly isComplete: boolean
}

export interface ArchiveBounds {
  readonly first: { readonly id: number; readonly at: number }
  readonly last: { readonly id: number; readonly at: number }
}

/** The messages of accounts (XEP-0313), in the order of their ids. */
export interface ArchiveStore {
  /** The greatest id ever given in this storage, over all hosts; 0 when there is none. */
  lastId(): Promise<number>
  /**
   * Undefined: kept. A number: the message with this origin is kept already, under that id, and nothing was added. Another id than one
   * greater than the last is refused as 'invalid'.
   */
  append(local: string, entry: NewArchiveEntry): Promise<number | undefined>
  /** At most `limit` of those that match: the oldest, or with `fromEnd` the newest; `skip` so many of them first. */
  page(
    local: string,
    filter: ArchiveFilter,
    options: { readonly limit: number; readonly fromEnd?: boolean; readonly skip?: number },
  ): Promise<ArchivePage>
  /** How many match. Undefined where counting would take too long. */
  count(local: string, filter: ArchiveFilter): Promise<number | undefined>
  has(local: string, id: number): Promise<boolean>
  /** The newest message of this peer and direction with this origin-id or this stanza id. */
  find(local: string, peer: string, isOut: boolean, name: string): Promise<ArchiveEntry | undefined>
  /** Puts another text in the place of a message (a tombstone, XEP-0424), which keeps its origin and should keep its stanza id: it is found by them. False: there is no such message. */
  replace(local: string, id: number, stanza: string): Promise<boolean>
  bounds(local: string): Promise<ArchiveBounds | undefined>
  /**
   * Removes messages older than `olderThan` (ms since epoch), and of each account the oldest beyond `bytes`; at most `limit` of them, of all
   * accounts of the host. How many were removed: fewer than `limit` when nothing more is to be done.
   */
  trim(bounds: { readonly olderThan?: number; readonly bytes?: number }, limit: number): Promise<number>
}

/** A session that can be resumed (XEP-0198), as far as it outlives the process. */
export interface StoredSession {
  /** What a client resumes it by; unguessable */
  readonly id: string
  readonly local: string
  readonly resource: string
  /** Stanzas of the client that were taken care of, modulo 2^32 */
  readonly handled: number
  /** Stanzas to the client that it has acknowledged, counted from 0 without a modulus: the queue begins behind them */
  readonly acknowledged: number
  /** ms since epoch; afterwards it cannot be resumed any more, but what it had handled can be told */
  readonly until: number
  /** What else the server keeps of it, in a form of its own; '' while the client is connected */
  readonly state: string
  /** Up to this id of the archive, clients of the account have got everything that was for them; a smaller one than before changes nothing */
  readonly reached: number
}

/** A stanza to a client that has not acknowledged it. */
export interface QueuedStanza {
  /** Its place among all stanzas to this session, the first is 1 */
  readonly seq: number
  /** ms since epoch: when the server took it */
  readonly at: number
  /** The id that it has in the archive or in the offline queue of the account; 0 for what is in neither */
  readonly id: number
  /** Another client of the account has it */
  readonly isTaken: boolean
  /** wire XML */
  readonly stanza: string
}

/** Sessions that can be resumed, and what waits for their clients. They go with their account. */
export interface ResumptionStore {
  /** Adds or replaces what is known of a session; its queue stays, but for what is acknowledged. `taken` as with `acknowledge`. */
  put(session: StoredSession, taken?: readonly number[]): Promise<void>
  /** Nothing happens if there is no such session. */
  setHandled(id: string, handled: number): Promise<void>
  setReached(id: string, reached: number): Promise<void>
  /** The greatest `reached` of the account's sessions; 0 when it has none. */
  reached(local: string): Promise<number>
  /** What is acknowledged already is not kept, a seq that waits already is replaced. Nothing happens if there is no such session. */
  enqueue(id: string, stanzas: readonly QueuedStanza[]): Promise<void>
  /**
   * Removes the queue up to and including `seq`, and remembers it as `acknowledged` if that is more than before. `taken`: ids that the
   * client has now; in the same breath, also if there is no such session, they are removed from the offline queue of the account, and marked as
   * taken in the queues of its other sessions.
   */
  acknowledge(
    session: { readonly id: string; readonly local: string },
    seq: number,
    taken?: readonly number[],
  ): Promise<void>
  /** Removes the queue from `seq` on. */
  removeFrom(id: string, seq: number): Promise<void>
  /** The oldest `limit` with a seq greater than `after`. */
  queue(id: string, after: number, limit: number): Promise<QueuedStanza[]>
  get(id: string): Promise<StoredSession | undefined>
  /** With its queue. */
  remove(id: string): Promise<void>
  /** Sessions of the host in code point order of their ids, those greater than `after`. */
  list(options: { readonly after?: string | undefined; readonly limit: number }): Promise<StoredSession[]>
}
