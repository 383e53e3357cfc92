/**
 * The contract of a feature ("a room beside the corridor"). The same one serves the built-in features and those of
 * third parties: docs/develop/writing-a-feature.md. The spine is in journey.ts, iq.ts and deliver.ts.
 */
import type { Maybe } from '@rookery/protocol'
import type { Jid } from '@rookery/protocol/jid'
import type { Message, Presence, StanzaError } from '@rookery/protocol/stanza'
import type { Element } from '@rookery/protocol/xml'
import type { ZodType } from 'zod'
import type { Came } from './delivery.ts'
import type { IqRequest } from './iq-request.ts'
import type { ServerStreamFeature } from './negotiate/negotiation.ts'
import type { Identity, Powers } from './powers.ts'
import type { Provided, Service } from './service.ts'
import type { Session } from './session.ts'
import type { Slot } from './slot.ts'
import type { Duplicate, Kept, Refusal, Trip } from './trip.ts'

/** A specification that a feature implements. */
export interface Specification {
  /** E.g. `XEP-0199` or `RFC 6121`. */
  number: string
  /** The version it was written from. */
  version: string
  status: 'complete' | 'partial'
  note?: string
}

/** What a feature is: reading it tells all that the room can do. */
export interface FeatureDeclaration<N extends keyof Powers, C> {
  /** One lower-case word; also the key of its configuration. */
  name: string
  /** The server does not start without it. */
  isEssential?: true
  /** One sentence, for the references generated from the declarations. */
  summary: string
  specifications: readonly Specification[]
  /** Schema of its configuration with defaults; without one it takes none. */
  config?: ZodType<C>
  /** The powers it needs, and gets. */
  needs: readonly N[]
  /** Services of other features it works with. */
  uses?: readonly Service<unknown>[]
  /** Namespaces and identities it adds to service discovery. */
  disco?: Discoverable
  slots?: readonly Slot<unknown>[]
  /** Called once for each host, when the server is put together. */
  start(powers: Pick<Powers, N>, config: C): Wiring
}

/** What a feature adds to service discovery. */
export interface Discoverable {
  host?: readonly string[]
  account?: readonly string[]
  identities?: { host?: readonly Identity[]; account?: readonly Identity[] }
}

/** What a feature plugs into the spine of one host. */
export interface Wiring {
  /** Called once, before the host takes stanzas: what must be read from storage first. */
  ready?: () => Maybe<undefined>
  /** What it adds to service discovery because of its configuration, beside what it declares. */
  disco?: Discoverable
  iq?: readonly IqRoute[]
  /** May it pass? */
  screen?: (trip: Trip) => Maybe<Refusal | undefined>
  /** Adds the server's own marks, strips forged ones: returns the stanza to go on with, or undefined to leave it. */
  stamp?: (trip: Trip<Message>) => Message | undefined
  /**
   * Keeps it: begins at once and resolves when it is durable, which what follows waits for. A duplicate is there already, from an earlier try of
   * its sender: it goes only to those who may have missed it when a process died.
   */
  archive?: (trip: Trip<Message>) => Maybe<Kept | Duplicate | undefined>
  /** Sends copies, knowing whom the stanza itself will reach (`trip.reached`). Can neither refuse nor change. */
  copy?: (trip: Trip<Message>) => undefined
  /** Nobody was home (RFC 6121 calls for storage or an error). True: it is kept, durably. */
  fallback?: (trip: Trip<Message>) => Maybe<boolean | StanzaError>
  /** Tells somebody else, at the very end. */
  notify?: (trip: Trip) => undefined
  /** The whole of presence; one feature of a host may claim it. */
  presence?: PresenceHandling
  /** A message addressed to the host itself: true when it was taken. */
  hostMessage?: (message: Message) => Maybe<boolean>
  session?: SessionEvents
  /**
   * The account and all it owned is gone from storage, its sessions have ended: finish what is under way, forget what is in memory. The name
   * cannot be taken again before. [S52]
   */
  accountRemoved?: (local: string) => Maybe<undefined>
  provides?: readonly Provided[]
  /** Stream features it adds, between login and binding; they also take the elements of a bound stream that are no stanzas. */
  streamFeatures?: readonly ServerStreamFeature[]
  /** What a client may ask for in the same breath as it binds. [XEP-0386 4] */
  bindInline?: readonly BindInline[]
  /** What every client that binds by XEP-0386 is told in `<bound/>`. May wait. */
  bound?: (session: Session) => Maybe<Element | undefined>
  /** Extended service discovery information of the host (XEP-0128). */
  forms?: () => readonly Element[]
  /** Items of the host in service discovery. */
  items?: () => Maybe<readonly Element[]>
  /** Service discovery about a node of the host or of an account: the answer, undefined for a node of somebody else. */
  node?: (node: string, request: IqRequest) => Maybe<Element | StanzaError | undefined>
  /**
   * An earlier process ended while clients of the account were connected, and what the archive has behind the id `reached` may have come to none
   * of them. `give` puts a message where those for somebody who is away are kept.
   */
  lost?: (account: Jid, reached: number, give: (message: Message, came: Came) => Promise<void>) => Maybe<undefined>
  /** The server goes down. */
  stop?: () => Maybe<undefined>
}

export interface PresenceHandling {
  /** From one of our sessions. */
  outbound(presence: Presence, session: Session): Maybe<undefined>
  /** To an account of ours, or to one of its resources. */
  inbound(presence: Presence): Maybe<undefined>
  /** To an account of this host that does not exist; ignored when not given. [RFC6121 8.5.1] */
  absent?(presence: Presence): Maybe<undefined>
}

/** A feature of the stream that Bind 2 turns on. [XEP-0386 4, 6] */
export interface BindInline {
  /** Namespace of the child of `<bind/>`; listed in the offer. */
  readonly namespace: string
  /** Turns it on; what `<bound/>` says about it, if anything. */
  enable(session: Session, request: Element): Element | undefined
}

export interface SessionEvents {
  /** A resource was bound. */
  opened?: (session: Session) => undefined
  /**
   * What the session says of itself has changed: `before` is what it said until now, undefined when this is initial presence;
   * `session.presence` is undefined when it is not available any more. [RFC6121 4.2, 4.4, 4.5]
   */
  presence?: (session: Session, before: Presence | undefined) => undefined
  /** Initial presence was sent, and broadcast; or the priority is not negative any more. */
  available?: (session: Session) => Maybe<undefined>
  /** The connection broke, and the client may come back to the session: what is sent to it waits. [XEP-0198 5] */
  detached?: (session: Session) => undefined
  /** The server was started anew, and the client of this session may come back to it. */
  revived?: (session: Session) => Maybe<undefined>
  /** The client came back. */
  resumed?: (session: Session) => undefined
  /** The session ended: cleanly, by a broken connection, or because its client did not come back in time. It still has its presence. */
  ended?: (session: Session) => Maybe<undefined>
}

/** One kind of request that the server answers. Two routes for the same thing stop the server at start-up. */
export interface IqRoute {
  type: 'get' | 'set'
  /** Name and namespace of the payload. */
  payload: { readonly name: string; readonly ns: string }
  /** Asked of the host itself, or of an account (bare JID). */
  at: 'host' | 'account'
  /**
   * Who may ask an account: its owner (the default), whoever may see its presence, or anybody; the others are told
   * `service-unavailable` as if there were no account. What is asked of a host is open to anybody, unless 'local'.
   */
  from?: 'owner' | 'subscriber' | 'anyone' | 'local'
  /** What the others are told instead, whether the account exists or not. */
  refusal?: StanzaError
  /** The payload of the result, undefined for an empty one, or an error. A thrown StanzaError means the same. */
  handle(request: IqRequest): Maybe<Element | StanzaError | undefined>
}

/** A declaration with its types closed over, as the server keeps them in a list. */
export type Feature = FeatureDeclaration<keyof Powers, unknown>

/** Declares a feature. */
export function feature<const N extends keyof Powers, C = undefined>(declaration: FeatureDeclaration<N, C>): Feature {
  return declaration as unknown as Feature
}
