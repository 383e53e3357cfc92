/**
 * SOAP over XMPP (XEP-0072 1.0.1): the envelope of SOAP 1.2 and its fault. What is in header and body is opaque, and so is the name in a
 * fault's subcode, because its prefix means nothing without the declarations around it.
 */
import {
  anyChildren,
  child,
  children,
  type ElementCodec,
  element,
  mapped,
  optionalAttribute,
  optionalChild,
  optionalText,
  ownText,
  string,
  type Text,
  text,
  trim,
} from '../codec/index.ts'
import { StanzaError } from '../stanza/index.ts'
import { type Element, el } from '../xml/index.ts'

/** Service discovery. */
export const SOAP_NS = 'http://jabber.org/protocol/soap'
export const SOAP_FAULT_NS = 'http://jabber.org/protocol/soap#fault'
export const SOAP_ENVELOPE_NS = 'http://www.w3.org/2003/05/soap-envelope'

export interface SoapEnvelope {
  readonly header?: readonly Element[] | undefined
  /** A call, a result, or a fault, which `soapFault` reads. */
  readonly body: readonly Element[]
}

/** A part that is nothing but a list of elements. */
function contents(name: string): ElementCodec<{ readonly inside: readonly Element[] }> {
  return element(SOAP_ENVELOPE_NS, name, { inside: anyChildren() })
}

const unwrap = ({ inside }: { readonly inside: readonly Element[] }): readonly Element[] => inside
const wrap = (inside: readonly Element[]): { readonly inside: readonly Element[] } => ({ inside })

export const soapEnvelope: ElementCodec<SoapEnvelope> = element(SOAP_ENVELOPE_NS, 'Envelope', {
  header: mapped(optionalChild(contents('Header')), unwrap, wrap),
  body: mapped(child(contents('Body')), unwrap, wrap),
})

const codes = ['DataEncodingUnknown', 'MustUnderstand', 'Receiver', 'Sender', 'VersionMismatch'] as const

export type SoapFaultCode = (typeof codes)[number]

export interface SoapFault {
  readonly code: {
    readonly value: SoapFaultCode
    /** As it was written, prefix and all. */
    readonly subcode?: string | undefined
  }
  /** For people, one for each language. */
  readonly reasons: readonly { readonly language?: string | undefined; readonly text: string }[]
  readonly node?: string | undefined
  readonly role?: string | undefined
  readonly detail?: readonly Element[] | undefined
}

/** Read with any prefix, since no other namespace has these names; written without, in the namespace of the envelope. */
const faultCode: Text<SoapFaultCode> = {
  expected: 'a fault code of SOAP 1.2',
  decode: (name) => codes.find((code) => code === trim(name.slice(name.indexOf(':') + 1))),
  encode: (code) => code,
}

export const soapFault: ElementCodec<SoapFault> = element(SOAP_ENVELOPE_NS, 'Fault', {
  code: child(
    element(SOAP_ENVELOPE_NS, 'Code', {
      value: text('Value', faultCode),
      subcode: mapped(
        optionalChild(element(SOAP_ENVELOPE_NS, 'Subcode', { value: text('Value') })),
        ({ value }) => value,
        (value) => ({ value }),
      ),
    }),
  ),
  reasons: mapped(
    child(
      element(SOAP_ENVELOPE_NS, 'Reason', {
        texts: children(
          element(SOAP_ENVELOPE_NS, 'Text', { language: optionalAttribute('xml:lang', string), text: ownText() }),
        ),
      }),
    ),
    ({ texts }) => texts,
    (texts) => ({ texts }),
  ),
  node: optionalText('Node'),
  role: optionalText('Role'),
  detail: mapped(optionalChild(contents('Detail')), unwrap, wrap),
})

/** The refusal that goes with an envelope that holds such a fault. [XEP-0072 6] */
export function soapError(value: SoapFaultCode): StanzaError {
  const type = value === 'Sender' ? 'modify' : 'cancel'
  return new StanzaError('undefined-condition', { type, application: el(value, SOAP_FAULT_NS) })
}
