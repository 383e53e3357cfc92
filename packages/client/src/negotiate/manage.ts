/** Stream management (XEP-0198 1.6.3): going on with the session of before instead of binding, and managing a new one. */
import { MANAGEMENT_NS } from '@rookery/protocol/xeps/management'
import { type Element, el } from '@rookery/protocol/xml'
import type { Enabled, ManagementAnswer, Negotiation, Resumable, Step } from './negotiation.ts'
import { countOf } from './nonzas.ts'

export const resumeSession: Step = {
  ready: (negotiation) =>
    negotiation.jid === undefined &&
    negotiation.resumable !== undefined &&
    negotiation.resumption === undefined &&
    isOffered(negotiation),
  negotiate: async (negotiation) => {
    const { connection, resumable } = negotiation
    connection.send(resume(resumable!))
    negotiation.resumption = readResumption(await connection.nextElement()) ?? { kind: 'lost', h: undefined }
    return negotiation.resumption.kind === 'resumed' ? 'done' : 'on'
  },
}

export const enableManagement: Step = {
  ready: (negotiation) => negotiation.jid !== undefined && negotiation.enabled === undefined && isOffered(negotiation),
  negotiate: async (negotiation) => {
    negotiation.connection.send(enable)
    negotiation.enabled = readEnabled(await negotiation.connection.nextElement())
    return 'done'
  },
}

function isOffered({ isAuthenticated, offers }: Negotiation): boolean {
  return isAuthenticated && offers.child('sm', MANAGEMENT_NS) !== undefined
}

export const enable: Element = el('enable', MANAGEMENT_NS, { resume: 'true' })

export function resume({ id, handled }: Resumable): Element {
  return el('resume', MANAGEMENT_NS, { previd: id, h: String(handled % 2 ** 32) })
}

/** `<resumed/>` or `<failed/>`; undefined for anything else. */
export function readResumption(answer: Element | undefined): ManagementAnswer | undefined {
  const h = answer && countOf(answer)
  if (h !== undefined && answer!.is('resumed', MANAGEMENT_NS)) return { kind: 'resumed', h }
  return answer?.is('failed', MANAGEMENT_NS) === true ? { kind: 'lost', h } : undefined
}

export function readEnabled(answer: Element | undefined): Enabled | undefined {
  if (answer?.is('enabled', MANAGEMENT_NS) !== true) return undefined
  const canResume = /^(?:true|1)$/.test(answer.attr('resume') ?? '')
  return { id: canResume ? answer.attr('id') : undefined, location: answer.attr('location') }
}
