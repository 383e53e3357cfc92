/**
 * Message Displayed Synchronization (XEP-0490 1.0.1): up to which message a chat has been displayed. It stands in an item of the node of the
 * same name, or, for a server that assists, in a message to the chat. Not the marker of XEP-0333, which tells the other side.
 */
import { child, type ElementCodec, element } from '../codec/index.ts'
import { type StanzaId, stanzaId } from './stanza-id.ts'

/** The namespace, and the node. */
export const DISPLAYED_NS = 'urn:xmpp:mds:displayed:0'
/** Service discovery: the server takes `<displayed/>` out of messages and publishes it. [XEP-0490 4.5.2] */
export const DISPLAYED_ASSIST_NS = 'urn:xmpp:mds:server-assist:0'

export interface Displayed {
  /** Of the newest message displayed: in a room the room's, else that of the own server. */
  readonly upTo: StanzaId
}

/** Exactly one stanza-id. [XEP-0490 4.1] */
export const displayed: ElementCodec<Displayed> = element(DISPLAYED_NS, 'displayed', { upTo: child(stanzaId) })
