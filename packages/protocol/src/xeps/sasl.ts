/**
 * SASL as XMPP carries it (RFC 6120 section 6), with the channel-binding types of XEP-0440 1.0.0. Wire form only: mechanisms are in `sasl/`.
 * Data are bytes. Where no data and zero bytes differ (<auth/>, <success/>), the single `=` stands for zero bytes.
 */
import {
  attributesOf,
  CodecError,
  type ElementCodec,
  element,
  optionalAttribute,
  optionalChild,
  optionalOwnText,
  ownText,
  type RequiredPart,
  string,
  type Text,
  texts,
} from '../codec/index.ts'
import { decodeBase64, encodeBase64 } from '../sasl/base64.ts'
import { readSaslCondition, type SaslCondition } from '../sasl/sasl-error.ts'
import { type Element, el } from '../xml/index.ts'
import { CHANNEL_BINDING_NS } from './names.ts'

export type { SaslCondition }

/** Spelled out: bundlers do not know that `NS.sasl` is a constant, and would keep all that is made of it. */
const SASL_NS = 'urn:ietf:params:xml:ns:xmpp-sasl'

export { CHANNEL_BINDING_NS }

/** A challenge or a response: no text is no bytes. */
export interface SaslStepElement {
  readonly data: Uint8Array
}

export interface SaslSuccessElement {
  readonly data?: Uint8Array | undefined
}

export interface SaslAuthElement {
  /** Missing is answered like an unknown one: `invalid-mechanism`. [RFC6120 6.5.7] */
  readonly mechanism?: string | undefined
  /** The initial response. */
  readonly data?: Uint8Array | undefined
}

export interface SaslFailureElement {
  readonly condition: SaslCondition
  readonly text?: { readonly content: string; readonly lang?: string | undefined } | undefined
}

/**
 * Base64 and nothing around it: "MUST reject (not ignore) any characters" outside the alphabet. [RFC6120 13.9.1]
 * Zero bytes are a single equals sign in <auth/> and <success/>, so that they differ from no data. [RFC6120 6.4.2, 6.4.6]
 */
const marked: Text<Uint8Array> = {
  expected: 'base64',
  decode: (text) => (text === '=' ? new Uint8Array(0) : decodeBase64(text)),
  encode: (bytes) => (bytes.length === 0 ? '=' : encodeBase64(bytes)),
}

const unmarked: Text<Uint8Array> = { expected: 'base64', decode: (text) => marked.decode(text), encode: encodeBase64 }

/** Like the three below, it can be broken in one way only: its text is not base64. The answer is `incorrect-encoding`. [RFC6120 6.5.5] */
export const auth: ElementCodec<SaslAuthElement> = element(SASL_NS, 'auth', {
  mechanism: optionalAttribute('mechanism', string),
  data: optionalOwnText(marked),
})

export const challenge: ElementCodec<SaslStepElement> = element(SASL_NS, 'challenge', { data: ownText(unmarked) })

export const response: ElementCodec<SaslStepElement> = element(SASL_NS, 'response', { data: ownText(unmarked) })

export const success: ElementCodec<SaslSuccessElement> = element(SASL_NS, 'success', { data: optionalOwnText(marked) })

export const abort: ElementCodec<Readonly<Record<never, never>>> = element(SASL_NS, 'abort', {})

export const failure: ElementCodec<SaslFailureElement> = element(SASL_NS, 'failure', {
  condition: conditionPart(),
  text: optionalChild(element(SASL_NS, 'text', { lang: optionalAttribute('xml:lang', string), content: ownText() })),
})

export interface Mechanisms {
  readonly mechanisms: readonly string[]
}

/** Stream feature. [RFC6120 6.4.1] */
export const mechanisms: ElementCodec<Mechanisms> = element(SASL_NS, 'mechanisms', { mechanisms: texts('mechanism') })

export interface ChannelBindings {
  readonly types: readonly string[]
}

/** Stream feature beside the mechanisms. [XEP-0440 2] */
export const channelBindings: ElementCodec<ChannelBindings> = element(
  CHANNEL_BINDING_NS,
  'sasl-channel-binding',
  { types: attributesOf('channel-binding', 'type', string) },
  ({ types }) => (types.length === 0 ? '<sasl-channel-binding/> needs at least one <channel-binding/>.' : undefined),
)

/** The first child of this namespace that is no text names the condition; an unknown one is taken for not-authorized. [RFC6120 6.5] */
/* @__NO_SIDE_EFFECTS__ */
export function conditionPart(): RequiredPart<SaslCondition> {
  return {
    read: (found: Element) => {
      const named = found.childElements().find((one) => one.ns === SASL_NS && one.name !== 'text')
      if (named === undefined) return new CodecError('<failure/> needs a condition.')
      return readSaslCondition((name) => name === named.name)
    },
    write: (condition, draft) => {
      draft.children.push(el(condition, SASL_NS))
    },
  }
}
