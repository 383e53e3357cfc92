/**
 * What is asked for with a login by XEP-0388 (SASL2), and given: the resource (XEP-0386), the session of before or the management of a new
 * one (XEP-0198), and a token (XEP-0484). What is not offered inline is left to the steps that follow.
 */
import { BIND2_NS, FAST_NS, MANAGEMENT_NS, SASL2_NS } from '@rookery/protocol/xeps/names'
import { type Element, el } from '@rookery/protocol/xml'
import { ownAddress } from './bind.ts'
import { enable, readEnabled, readResumption, resume } from './manage.ts'
import type { Negotiation } from './negotiation.ts'
import { listOf } from './nonzas.ts'

/** Who we are, and what we wish. `mechanism`: to be proved with the token that is asked for. */
export function askInline(
  negotiation: Negotiation,
  inline: Element | undefined,
  isToken: boolean,
  mechanism: string | undefined,
): (Element | undefined)[] {
  const { options, resumable, agent } = negotiation
  const { software = 'Rookery', device } = options
  const bind = negotiation.bindsInline ? inline?.child('bind', BIND2_NS) : undefined
  const features = listOf(bind?.child('inline'), 'feature', (feature) => feature.attr('var') ?? '')
  negotiation.inlined = negotiation.inline.filter(({ ns }) => features.includes(ns))
  return [
    el('user-agent', SASL2_NS, { id: agent }, [
      el('software', SASL2_NS, {}, software),
      device ? el('device', SASL2_NS, {}, device) : undefined,
    ]),
    resumable && inline?.child('sm', MANAGEMENT_NS) && resume(resumable),
    bind &&
      el('bind', BIND2_NS, {}, [
        el('tag', BIND2_NS, {}, software),
        ...negotiation.inlined,
        features.includes(MANAGEMENT_NS) ? enable : undefined,
      ]),
    isToken ? el('fast', FAST_NS) : mechanism ? el('request-token', FAST_NS, { mechanism }) : undefined,
  ]
}

/** Takes what came with the server's success. `mechanism`: to be proved with a new token. */
export function takeInline(negotiation: Negotiation, success: Element, mechanism: string | undefined): void {
  const { account, memory } = negotiation
  const token = success.child('token', FAST_NS)?.attr('token')
  if (token && mechanism !== undefined) memory.token = { token, mechanism }
  const bound = success.child('bound', BIND2_NS)
  if (bound !== undefined) {
    negotiation.jid = ownAddress(success.childText('authorization-identifier'), account)
    negotiation.enabled = readEnabled(bound.child('enabled', MANAGEMENT_NS))
    negotiation.turnedOn = negotiation.inlined?.map(({ ns }) => ns)
  }
  const resumption = success.child('resumed', MANAGEMENT_NS) ?? success.child('failed', MANAGEMENT_NS)
  if (resumption) negotiation.resumption = readResumption(resumption, negotiation.resumable)
}
