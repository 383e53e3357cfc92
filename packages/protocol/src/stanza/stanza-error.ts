/** Stanza errors of RFC 6120 section 8.3: type, condition, application condition and text. Not stream errors. */
import { describe, described } from '../defined-condition.ts'
import * as NS from '../namespaces.ts'
import { type Element, el } from '../xml/index.ts'

const types = ['auth', 'cancel', 'continue', 'modify', 'wait'] as const

/** [RFC6120 8.3.2] */
export type StanzaErrorType = (typeof types)[number]

/** [RFC6120 8.3.3] */
export type StanzaErrorCondition =
  /** The sender has sent a stanza containing XML that does not conform or cannot be processed. */
  | 'bad-request'
  /** Access cannot be granted because an existing resource exists with the same name or address. */
  | 'conflict'
  /** The feature represented in the XML stanza is not implemented by the recipient or a server. */
  | 'feature-not-implemented'
  /** The requesting entity does not possess the permissions to perform the action. */
  | 'forbidden'
  /** The recipient or server can no longer be contacted at this address, typically permanently. */
  | 'gone'
  /** The server has experienced a misconfiguration or other internal error. */
  | 'internal-server-error'
  /** The addressed JID or item requested cannot be found. */
  | 'item-not-found'
  /** The sending entity has provided an address that does not adhere to the rules for JIDs. */
  | 'jid-malformed'
  /** The recipient or server understands the request but cannot process it: the criteria are not met. */
  | 'not-acceptable'
  /** The recipient or server does not allow any entity to perform the action. */
  | 'not-allowed'
  /** The sender needs to provide credentials before being allowed to perform the action. */
  | 'not-authorized'
  /** The entity has violated some local service policy. */
  | 'policy-violation'
  /** The intended recipient is temporarily unavailable. */
  | 'recipient-unavailable'
  /** The recipient or server is redirecting requests for this information to another entity. */
  | 'redirect'
  /** The requesting entity is not authorized to access the service because registration is necessary. */
  | 'registration-required'
  /** A remote server or service specified as part of the JID does not exist or cannot be resolved. */
  | 'remote-server-not-found'
  /** A remote server or service could not be contacted within a reasonable amount of time. */
  | 'remote-server-timeout'
  /** The server or recipient is busy or lacks the system resources to service the request. */
  | 'resource-constraint'
  /** The server or recipient does not currently provide the requested service. */
  | 'service-unavailable'
  /** The requesting entity is not authorized because a prior subscription is necessary. */
  | 'subscription-required'
  /** The error condition is not one of those defined by the other conditions. */
  | 'undefined-condition'
  /** The recipient or server understood the request but was not expecting it at this time. */
  | 'unexpected-request'

/** The error type that RFC 6120 8.3.3 pairs with each condition. */
const usualType: Readonly<Record<StanzaErrorCondition, StanzaErrorType>> = {
  'bad-request': 'modify',
  conflict: 'cancel',
  'feature-not-implemented': 'cancel',
  forbidden: 'auth',
  gone: 'cancel',
  'internal-server-error': 'cancel',
  'item-not-found': 'cancel',
  'jid-malformed': 'modify',
  'not-acceptable': 'modify',
  'not-allowed': 'cancel',
  'not-authorized': 'auth',
  'policy-violation': 'modify',
  'recipient-unavailable': 'wait',
  redirect: 'modify',
  'registration-required': 'auth',
  'remote-server-not-found': 'cancel',
  'remote-server-timeout': 'wait',
  'resource-constraint': 'wait',
  'service-unavailable': 'cancel',
  'subscription-required': 'auth',
  'undefined-condition': 'cancel',
  'unexpected-request': 'wait',
}

const conditions = Object.keys(usualType) as StanzaErrorCondition[]

export interface StanzaErrorDetails {
  /** Differs from the usual type of the condition only where a specification says so. */
  type?: StanzaErrorType | undefined
  /** Plain English, for people. */
  text?: string | undefined
  /** Application-specific condition. [RFC6120 8.3.4] */
  application?: Element | undefined
  /** Who generated the error, when it is not the addressee. [RFC6120 8.3.1] */
  by?: string | undefined
  /** Where to go instead of what is `gone`, or elsewhere by `redirect`: a URI, such as `xmpp:name@domain`. [RFC6120 8.3.3.5, 8.3.3.14] */
  redirect?: string | undefined
}

/**
 * A refusal. On the hot path it is returned, not thrown (making one takes no stack trace); a handler that throws one
 * means the same.
 */
export class StanzaError {
  declare readonly condition: StanzaErrorCondition
  declare readonly type: StanzaErrorType
  readonly text: string | undefined
  readonly application: Element | undefined
  readonly by: string | undefined
  readonly redirect: string | undefined

  constructor(condition: StanzaErrorCondition, details: StanzaErrorDetails = {}) {
    const { type = usualType[condition], ...others } = details
    Object.assign(this, others, { condition, type })
  }

  /** The `<error/>` element in the namespace of the stanza it goes into. */
  toElement(ns: string = NS.client): Element {
    return el('error', ns, { type: this.type, by: this.by }, describe(NS.stanzaErrors, this))
  }
}

/** Reads the `<error/>` child of a received stanza; what is missing or unknown reads as `undefined-condition`. */
export function readStanzaError(stanza: Element): StanzaError {
  const error = stanza.child('error')
  const { condition, ...details } = described(error, NS.stanzaErrors, conditions)
  const type = error?.attr('type')
  return new StanzaError(condition, {
    ...details,
    type: types.find((known) => known === type),
    by: error?.attr('by'),
    redirect: error?.childText(condition, NS.stanzaErrors)?.trim() || undefined,
  })
}
