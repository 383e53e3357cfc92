/** Stream management (XEP-0198 1.6.3): going on with the session of before instead of binding, and managing a new one. */
import { MANAGEMENT_NS } from '@rookery/protocol/xeps/management'
import { type Element, el } from '@rookery/protocol/xml'
import type { Enabled, ManagementAnswer, Negotiation, Resumable, Step } from './negotiation.ts'
import { broken, countOf } from './nonzas.ts'

export const resumeSession: Step = {
  ready: (negotiation) =>
    negotiation.jid === undefined &&
    negotiation.resumable !== undefined &&
    negotiation.resumption === undefined &&
    isOffered(negotiation),
  negotiate: async (negotiation) => {
    const { connection, resumable } = negotiation
    connection.send(resume(resumable!))
    const answer = await connection.nextElement()
    negotiation.resumption = readResumption(answer, negotiation) ?? { kind: 'resumed', h: impossible }
    return negotiation.resumption.kind === 'resumed' ? 'done' : 'on'
  },
}

export const enableManagement: Step = {
  ready: (negotiation) => negotiation.jid !== undefined && negotiation.enabled === undefined && isOffered(negotiation),
  negotiate: async (negotiation) => {
    const { connection, early } = negotiation
    connection.send(enable)
    for (;;) {
      const answer = await connection.nextElement()
      negotiation.enabled = readEnabled(answer)
      if (answer.ns === MANAGEMENT_NS) return 'done'
      if (early.push(answer) > mostEarly) throw broken(MANAGEMENT_NS)
    }
  },
}

function isOffered({ isAuthenticated, offers }: Negotiation): boolean | undefined {
  return isAuthenticated && offers.child('sm', MANAGEMENT_NS) !== undefined
}

export const enable: Element = el('enable', MANAGEMENT_NS, { resume: 'true' })

export function resume({ id, handled }: Resumable): Element {
  return el('resume', MANAGEMENT_NS, { previd: id, h: String(handled % 2 ** 32) })
}

/** Stanzas that may come between the binding and the answer to `<enable/>`. */
const mostEarly = 100

/** No session has such a count: it is given up. */
const impossible = -1

/** `<resumed/>` or `<failed/>`; undefined for anything else. */
export function readResumption(answer: Element | undefined, { resumable }: Negotiation): ManagementAnswer | undefined {
  const h = answer && countOf(answer)
  if (answer?.is('resumed', MANAGEMENT_NS) === true) {
    const isOurs = answer.attr('previd') === resumable?.id
    return { kind: 'resumed', h: isOurs ? (h ?? impossible) : impossible }
  }
  return answer?.is('failed', MANAGEMENT_NS) === true ? { kind: 'lost', h } : undefined
}

export function readEnabled(answer: Element | undefined): Enabled | undefined {
  if (answer?.is('enabled', MANAGEMENT_NS) !== true) return undefined
  const canResume = /^(?:true|1)$/.test(answer.attr('resume') ?? '')
  return { id: canResume ? answer.attr('id') : undefined, location: answer.attr('location') }
}
