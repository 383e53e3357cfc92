/**
 * SOAP over XMPP (XEP-0072 1.0.1), both ways, in requests. Header and body are XML: what they mean is for you and the other side. An envelope
 * that may wait for somebody who is away goes in a message of your own.
 */

import { intact, isBroken } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import { type Iq, readStanzaError, StanzaError } from '@rookery/protocol/stanza'
import {
  SOAP_ENVELOPE_NS,
  SOAP_FAULT_NS,
  SOAP_NS,
  type SoapEnvelope,
  type SoapFaultCode,
  soapEnvelope,
  soapError,
  soapFault,
} from '@rookery/protocol/xeps/soap'
import type { Element } from '@rookery/protocol/xml'
import { readJid } from '../contract/address.ts'
import { ask } from '../contract/ask.ts'
import { SoapFaultError } from '../contract/errors.ts'
import { type Core, defineExtension, type Extension } from '../contract/extension.ts'
import type { WaitOptions } from '../contract/within.ts'
import { disco } from './disco.ts'

export type { SoapEnvelope, SoapFault, SoapFaultCode } from '@rookery/protocol/xeps/soap'

export type SoapService = (envelope: SoapEnvelope, from: Jid) => SoapEnvelope | Promise<SoapEnvelope>

export interface OfferSoapOptions {
  /** Who may call it, by full address; the own account unless told. */
  readonly allowed?: ((jid: Jid) => boolean) | undefined
}

export class Soap {
  readonly #core: Core
  #service: { readonly run: SoapService; readonly allowed: (jid: Jid) => boolean } | undefined

  constructor(core: Core) {
    this.#core = core
    core.use(disco).identities.push({ category: 'automation', type: 'soap' }) // [XEP-0072 2]
    core.respond('set', 'Envelope', SOAP_ENVELOPE_NS, (request) => this.#called(request))
  }

  /** Sends an envelope, and resolves with the one that comes back. Throws SoapFaultError, RequestError, UnexpectedAnswerError. */
  async call(jid: Jid | string, envelope: SoapEnvelope, { signal, timeout }: WaitOptions = {}): Promise<SoapEnvelope> {
    const options = { to: readJid(jid), signal, timeout, explain }
    const answer = await ask(this.#core, 'set', soapEnvelope.build(envelope), soapEnvelope, options)
    const fault = faultOf(answer)
    if (fault !== undefined) throw fault
    return answer
  }

  /** Answers the envelopes of others. The answer ends that. */
  offer(run: SoapService, { allowed }: OfferSoapOptions = {}): () => void {
    const service = { run, allowed: allowed ?? ((jid: Jid) => jid.bare.equals(this.#core.account)) }
    this.#service = service
    return () => {
      if (this.#service === service) this.#service = undefined
    }
  }

  async #called(request: Iq): Promise<Element> {
    const from = request.from ?? this.#core.account
    if (this.#service === undefined) throw new StanzaError('service-unavailable')
    if (!this.#service.allowed(from)) throw new StanzaError('forbidden')
    const envelope = soapEnvelope.parse(request.payload!)
    if (envelope === undefined || isBroken(envelope)) throw new StanzaError('bad-request')
    try {
      return soapEnvelope.build(await this.#service.run(envelope, from))
    } catch (error) {
      if (!(error instanceof SoapFaultError)) throw error
      const { condition, type, application } = soapError(error.code)
      throw new StanzaError(condition, { type, application, text: error.message })
    }
  }
}

/** Envelopes of SOAP. */
export const soap: Extension<'soap', Soap> = defineExtension({
  name: 'soap',
  features: [SOAP_NS],
  start: (core) => new Soap(core),
})

/** What an envelope says that holds a fault. */
function faultOf({ body: [first] }: SoapEnvelope): SoapFaultError | undefined {
  const fault = first && intact(soapFault.parse(first))
  return fault && new SoapFaultError(fault.code.value, fault.reasons[0]?.text ?? '', fault)
}

/** A refusal that is one of SOAP: with all of the fault beside it, or with its code alone. [XEP-0072 3.1, 6] */
function explain(refusal: Element): SoapFaultError | undefined {
  const envelope = intact(soapEnvelope.find(refusal))
  const { application, text } = readStanzaError(refusal)
  const isPlain = application?.ns === SOAP_FAULT_NS
  return (
    (envelope && faultOf(envelope)) ??
    (isPlain ? new SoapFaultError(application.name as SoapFaultCode, text ?? '') : undefined)
  )
}
