/**
 * Everything a feature may touch, one word each. A feature lists the words it needs and is given those alone: touching
 * an undeclared power does not compile. All of it is about one host: hosts in one process are strictly apart.
 */
import type { Maybe } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import type { Iq, Presence, Stanza, StanzaError } from '@rookery/protocol/stanza'
import type { Element } from '@rookery/protocol/xml'
import type { Account, ArchiveStore, DocumentStore, RosterStore } from '@rookery/storage'
import type { KnownClient } from './access/access.ts'
import type { ClientRecord } from './access/record.ts'
import type { ArchiveIds } from './archive-ids.ts'
import type { Limits } from './config/limits.ts'
import type { IqRequest } from './iq-request.ts'
import type { Service } from './service.ts'
import type { Session } from './session.ts'
import type { Spool } from './spool.ts'

export interface Powers {
  /** Who we are. */
  host: HostPower
  clock: ClockPower
  random: RandomPower
  log: Log
  limits: Limits
  sessions: SessionsPower
  accounts: AccountsPower
  /** Which clients know the account, and have tokens for it. */
  access: AccessPower
  route: RoutePower
  ask: AskPower
  /** Marks a session available or unavailable; for the presence room. */
  presence: PresencePower
  catalogue: CataloguePower
  services: ServicesPower
  rosters: RosterStore
  /** What is kept for accounts until a client has it. */
  spool: Spool
  documents: DocumentStore
  archive: ArchiveStore
  /** Makes the ids of archived messages, for all hosts of the process. */
  archiveIds: ArchiveIds
}

export interface HostPower {
  readonly domain: string
  readonly jid: Jid
  /** Name and version of this software, as XEP-0092 tells them. */
  readonly software: { readonly name: string; readonly version: string }
  /** When the server started, in milliseconds since the epoch. */
  readonly started: number
  /** All hosts of this process, this one among them. */
  readonly hosts: readonly string[]
}

export interface ClockPower {
  /** Milliseconds since the epoch; for stamps that people see. */
  now(): number
  /** Milliseconds that never go back; for time-outs. */
  monotonic(): number
  /** Calls once after `ms`, unless disposed before. */
  after(ms: number, call: () => void): Disposable
}

export interface RandomPower {
  /** An unguessable id of 128 bits, letters and digits. */
  id(): string
  bytes(length: number): Uint8Array
}

/** One structured line each; fields never carry passwords, keys or message bodies. */
export interface Log {
  debug(fields: object, text: string): void
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
}

export interface SessionsPower {
  /** Sessions of an account of this host (by localpart), in the order of binding. */
  of(local: string): readonly Session[]
  find(jid: Jid): Session | undefined
}

export interface AccountsPower {
  exists(local: string): Maybe<boolean>
  get(local: string): Maybe<Account | undefined>
  /** False when the name is taken. Keys are derived here; the password is not kept. */
  create(local: string, password: string): Promise<boolean>
  setPassword(local: string, password: string): Promise<boolean>
  /** Removes the account with all it owns, tells the features, then ends its sessions. */
  remove(local: string): Promise<boolean>
}

export interface AccessPower {
  /** The clients that are here or could come back by themselves. */
  list(local: string): Maybe<readonly KnownClient[]>
  /** Takes its tokens, durably; undefined when there is no such client. Its session goes on. */
  revoke(local: string, id: string): Maybe<ClientRecord | undefined>
  /** It was there just now. */
  seen(local: string, id: string, resource: string): Maybe<undefined>
  /** By which a session is known whose client says no id. */
  idOfSession(local: string, resource: string): string
}

/** Sends a stanza in the name of its `from`, as if it had come in: to the router, past no sender-side phase. */
export type RoutePower = (stanza: Stanza) => Maybe<undefined>

/** Sends a request and waits for the answer of the one who was asked; rejects with a StanzaError or TimeoutError. */
export type AskPower = (
  to: Jid,
  type: 'get' | 'set',
  payload: Element,
  options?: { from?: Jid; timeout?: number },
) => Promise<Iq>

export interface PresencePower {
  set(session: Session, presence: Presence | undefined, priority: number): void
  /**
   * Initial presence has been broadcast, or the priority has risen from below zero: the other features may go on
   * (offline messages). [RFC6121 4.2, XEP-0160 2]
   */
  becameAvailable(session: Session): Maybe<undefined>
}

export interface Identity {
  category: string
  type: string
  name?: string
}

/** What all features of the host declared, for service discovery. */
export interface CataloguePower {
  identities(at: 'host' | 'account'): readonly Identity[]
  /** Namespaces to list, sorted. */
  features(at: 'host' | 'account'): readonly string[]
  /** Extended information forms (XEP-0128) of the host. */
  forms(): readonly Element[]
  /** Asks every feature that lists items of the host. */
  items(): Maybe<readonly Element[]>
  /** Asks the features about a node, until one knows it. */
  node(node: string, request: IqRequest): Maybe<Element | StanzaError | undefined>
}

export interface ServicesPower {
  /** The service another feature provides; throws at start-up when nobody does and it is not optional. */
  use<T>(service: Service<T>): T
  find<T>(service: Service<T>): T | undefined
}
