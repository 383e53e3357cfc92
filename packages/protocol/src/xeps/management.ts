/**
 * Stream Management (XEP-0198 1.6.3): the nonzas that turn it on, acknowledge stanzas and resume a session. Counting is
 * in stream/unacknowledged.ts.
 */
import { attribute, boolean, type ElementCodec, element, integer, optionalAttribute, string } from '../codec/index.ts'
import * as NS from '../namespaces.ts'
import { type Element, el } from '../xml/index.ts'
import { MANAGEMENT_NS } from './names.ts'

export { MANAGEMENT_NS }

/** The stream feature. [XEP-0198 2] */
export const managementFeature: Element = el('sm', MANAGEMENT_NS)

/** A count modulo 2^32. [XEP-0198 4] */
const count = integer(0, 4_294_967_295)
const seconds = integer(0, 2_147_483_647)

export interface Enable {
  /** The client wants to resume the session later. */
  readonly resume?: boolean | undefined
  /** For at most so many seconds. */
  readonly max?: number | undefined
}

export const enable: ElementCodec<Enable> = element(MANAGEMENT_NS, 'enable', {
  resume: optionalAttribute('resume', boolean),
  max: optionalAttribute('max', integer(1)),
})

export interface Enabled extends Enable {
  /** What the session is resumed by; only where it can be. */
  readonly id?: string | undefined
  /** Host and port where to come back. */
  readonly location?: string | undefined
}

export const enabled: ElementCodec<Enabled> = element(MANAGEMENT_NS, 'enabled', {
  id: optionalAttribute('id', string),
  resume: optionalAttribute('resume', boolean),
  max: optionalAttribute('max', seconds),
  location: optionalAttribute('location', string),
})

export interface Resume {
  readonly previd: string
  /** How many stanzas of the other side were handled. */
  readonly h: number
}

export const resume: ElementCodec<Resume> = element(MANAGEMENT_NS, 'resume', {
  previd: attribute('previd', string),
  h: attribute('h', count),
})

export const resumed: ElementCodec<Resume> = element(MANAGEMENT_NS, 'resumed', {
  previd: attribute('previd', string),
  h: attribute('h', count),
})

export interface Acknowledgement {
  readonly h: number
}

export const acknowledgement: ElementCodec<Acknowledgement> = element(MANAGEMENT_NS, 'a', { h: attribute('h', count) })

export const acknowledgementRequest: Element = el('r', MANAGEMENT_NS)

/** Why management could not be turned on, or a session not resumed. [XEP-0198 3, 5] */
export type ManagementCondition =
  | 'unexpected-request'
  | 'item-not-found'
  | 'feature-not-implemented'
  | 'service-unavailable'
  | 'internal-server-error'
  | 'resource-constraint'
  | 'bad-request'

/** `h`: what the server had handled of a session that is over. [XEP-0198 5] */
export function failed(condition: ManagementCondition, h?: number): Element {
  return el('failed', MANAGEMENT_NS, h === undefined ? {} : { h: String(h) }, [el(condition, NS.stanzaErrors)])
}

/** Beside `undefined-condition`: more was acknowledged than was sent. [XEP-0198 6] */
export function handledTooHigh(h: number, sent: number): Element {
  return el('handled-count-too-high', MANAGEMENT_NS, { h: String(h), 'send-count': String(sent) })
}
