/**
 * Jingle (XEP-0166 1.1.2): the frame in which two clients agree on a session. What the session is about and what it runs over are opaque
 * elements here (jingle-file.ts, jingle-ibb.ts); the order of actions is not checked.
 */
import {
  address,
  attribute,
  CodecError,
  children,
  type ElementCodec,
  element,
  foreignChildren,
  ignorableAttribute,
  nonEmpty,
  type OptionalPart,
  oneOf,
  optionalAttribute,
  optionalChild,
  optionalText,
  type RequiredPart,
  string,
} from '../codec/index.ts'
import type { Jid } from '../jid/index.ts'
import { StanzaError, type StanzaErrorCondition } from '../stanza/index.ts'
import { type Element, el } from '../xml/index.ts'

export const JINGLE_NS = 'urn:xmpp:jingle:1'
export const JINGLE_ERRORS_NS = 'urn:xmpp:jingle:errors:1'

export type JingleAction =
  | `content-${'accept' | 'add' | 'modify' | 'reject' | 'remove'}`
  | `session-${'accept' | 'info' | 'initiate' | 'terminate'}`
  | `transport-${'accept' | 'info' | 'reject' | 'replace'}`
  | 'description-info'
  | 'security-info'

export type JingleParty = 'initiator' | 'responder'

export interface JingleContent {
  /** Who brought the content into the session; together with the name it says which one. */
  readonly creator: JingleParty
  readonly name: string
  /** `both` where it is missing. */
  readonly senders?: JingleParty | 'both' | 'none' | undefined
  /** `session` where it is missing. */
  readonly disposition?: string | undefined
  readonly description?: Element | undefined
  readonly transport?: Element | undefined
  readonly security?: Element | undefined
}

const conditions = [
  'alternative-session',
  'busy',
  'cancel',
  'connectivity-error',
  'decline',
  'expired',
  'failed-application',
  'failed-transport',
  'general-error',
  'gone',
  'incompatible-parameters',
  'media-error',
  'security-error',
  'success',
  'timeout',
  'unsupported-applications',
  'unsupported-transports',
] as const

export type JingleCondition = (typeof conditions)[number]

export interface JingleReason {
  /** `general-error` where it came as something unknown. */
  readonly condition: JingleCondition
  /** With `alternative-session`: that session. */
  readonly sid?: string | undefined
  /** For people, in the words of the other side. */
  readonly text?: string | undefined
  /** What the application says beside it, the first where there are several. */
  readonly application?: Element | undefined
}

export interface Jingle {
  readonly action: JingleAction
  readonly sid: string
  /** Not to be trusted where it is not the sender of the stanza. [XEP-0166 7.1] */
  readonly initiator?: Jid | undefined
  readonly responder?: Jid | undefined
  readonly contents: readonly JingleContent[]
  readonly reason?: JingleReason | undefined
  /** What a `session-info` says, e.g. that a file was received; empty is a ping. [XEP-0166 6.8] */
  readonly infos: readonly Element[]
}

const party = oneOf('initiator', 'responder')

/** The one child of that name in whichever namespace but that of Jingle; without a name, the first. */
function foreign(name?: string): OptionalPart<Element> {
  return {
    read: (parent) => {
      const found = parent.childElements().filter((one) => one.ns !== JINGLE_NS && one.name === (name ?? one.name))
      return name !== undefined && found.length > 1 ? new CodecError(`There may be one <${name}/> only.`) : found[0]
    },
    write: (value, draft) => {
      draft.children.push(value)
    },
  }
}

const content: ElementCodec<JingleContent> = element(JINGLE_NS, 'content', {
  creator: attribute('creator', party),
  name: attribute('name', string),
  senders: optionalAttribute('senders', oneOf('initiator', 'responder', 'both', 'none')),
  disposition: optionalAttribute('disposition', string),
  description: foreign('description'),
  transport: foreign('transport'),
  security: foreign('security'),
})

function causeOf(reason: Element): Element | undefined {
  return reason.childElements().find((one) => one.ns === JINGLE_NS && conditions.some((name) => name === one.name))
}

const condition: RequiredPart<JingleCondition> = {
  read: (reason) => (causeOf(reason)?.name as JingleCondition | undefined) ?? 'general-error',
  write: (name, draft) => {
    draft.children.push(el(name, JINGLE_NS))
  },
}

/** Written into the condition, which comes before it. [XEP-0166 6.7] */
const alternative: OptionalPart<string> = {
  read: (reason) => {
    const cause = causeOf(reason)
    return cause?.name === 'alternative-session' ? cause.childText('sid') : undefined
  },
  write: (sid, draft) => {
    draft.children[0] = el('alternative-session', JINGLE_NS, undefined, [el('sid', JINGLE_NS, undefined, sid)])
  },
}

const reason: ElementCodec<JingleReason> = element(JINGLE_NS, 'reason', {
  condition,
  sid: alternative,
  text: optionalText('text'),
  application: foreign(),
})

export const jingle: ElementCodec<Jingle> = element(JINGLE_NS, 'jingle', {
  action: attribute(
    'action',
    oneOf<JingleAction>(
      'content-accept',
      'content-add',
      'content-modify',
      'content-reject',
      'content-remove',
      'description-info',
      'security-info',
      'session-accept',
      'session-info',
      'session-initiate',
      'session-terminate',
      'transport-accept',
      'transport-info',
      'transport-reject',
      'transport-replace',
    ),
  ),
  sid: attribute('sid', nonEmpty),
  initiator: ignorableAttribute('initiator', address), // [XEP-0166 7.1]
  responder: ignorableAttribute('responder', address),
  contents: children(content),
  reason: optionalChild(reason),
  infos: foreignChildren(),
})

/** Refusals of its own, beside those of RFC 6120. [XEP-0166 10] */
export type JingleErrorCondition = 'out-of-order' | 'tie-break' | 'unknown-session' | 'unsupported-info'

const refusals: Readonly<Record<JingleErrorCondition, StanzaErrorCondition>> = {
  'out-of-order': 'unexpected-request',
  'tie-break': 'conflict',
  'unknown-session': 'item-not-found',
  'unsupported-info': 'feature-not-implemented',
}

export function jingleError(specific: JingleErrorCondition): StanzaError {
  return new StanzaError(refusals[specific], { application: el(specific, JINGLE_ERRORS_NS) })
}
