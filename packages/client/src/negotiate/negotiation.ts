/** What the steps of a negotiation know and share: the connection, what the server offers, whose login it is, and what has come about so far. */
import type { Jid } from '@rookery/protocol/jid'
import type { SaslCrypto } from '@rookery/protocol/sasl'
import type { Element } from '@rookery/protocol/xml'
import type { ClientOptions } from '../contract/options.ts'
import type { Platform } from '../contract/platform.ts'
import type { Connection } from './connection.ts'

/** A token that logs in without the password (XEP-0484). */
export interface Token {
  readonly token: string
  readonly mechanism: string
}

/** What is remembered from login to login. */
export interface Memory {
  token: Token | undefined
  /** SCRAM has worked before: the password is never shown to the server again. [XEP-0474 7] */
  scramWorked: boolean
}

/** A session that can be gone on with. [XEP-0198 5] */
export interface Resumable {
  readonly id: string
  /** How many stanzas of the server were handled. */
  readonly handled: number
}

export type ManagementAnswer =
  /** `h`: how many of ours the server has handled; missing where it does not know. */
  { readonly kind: 'resumed'; readonly h: number } | { readonly kind: 'lost'; readonly h: number | undefined }

export interface Enabled {
  readonly id: string | undefined
  readonly location: string | undefined
}

export interface Negotiation {
  readonly connection: Connection
  readonly platform: Pick<Platform, 'startTls'>
  readonly crypto: SaslCrypto
  /** With the resource that is wished for; without a local part for an anonymous login. */
  readonly account: Jid
  readonly password: string | undefined
  /** The same at every login of this installation: a UUID. [XEP-0388 2.3] */
  readonly agent: string | undefined
  readonly options: Pick<ClientOptions, 'software' | 'device' | 'plaintext'>
  readonly memory: Memory
  readonly resumable: Resumable | undefined
  /** Whether the resource is bound with the login, where the server takes it: it chooses it then, and sends nothing that waited. [XEP-0386 4] */
  readonly bindsInline: boolean
  /** Requests that extensions add to the binding of a resource, by namespace. [XEP-0386] */
  readonly inline: readonly Element[]
  /** The features that the server offers now. */
  offers: Element
  /** The address of the session. */
  jid?: Jid | undefined
  /** What became of the session of before. */
  resumption?: ManagementAnswer | undefined
  /** Stream management of the new session. */
  enabled?: Enabled | undefined
  /** Stanzas that came before it was managed: they are not counted. */
  readonly early: Element[]
  /** Of `inline`: those that were asked for, and the namespaces of those that the binding has turned on. */
  inlined?: readonly Element[]
  turnedOn?: readonly string[] | undefined
}
