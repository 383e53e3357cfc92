/** Stream management (XEP-0198 1.6.3): going on with the session of before instead of binding, and managing a new one. */
import { isBroken } from '@rookery/protocol/codec'
import { enable, enabled, MANAGEMENT_NS, resume, resumed } from '@rookery/protocol/xeps/management'
import type { Element } from '@rookery/protocol/xml'
import type { Enabled, ManagementAnswer, Negotiation, Step } from './negotiation.ts'

export const resumeSession: Step = {
  name: 'resume',
  ready: (negotiation) =>
    negotiation.jid === undefined &&
    negotiation.resumable !== undefined &&
    negotiation.resumption === undefined &&
    isOffered(negotiation),
  negotiate: async (negotiation) => {
    const { connection, resumable } = negotiation
    connection.send(resume.build({ previd: resumable!.id, h: resumable!.handled % 4_294_967_296 }))
    const answer = await connection.nextElement()
    negotiation.resumption = readResumption(answer) ?? { kind: 'lost', h: undefined }
    return negotiation.resumption.kind === 'resumed' ? 'done' : 'on'
  },
}

export const enableManagement: Step = {
  name: 'management',
  ready: (negotiation) => negotiation.jid !== undefined && negotiation.enabled === undefined && isOffered(negotiation),
  negotiate: async (negotiation) => {
    negotiation.connection.send(enable.build({ resume: true }))
    negotiation.enabled = readEnabled(await negotiation.connection.nextElement())
    return 'done'
  },
}

function isOffered({ isAuthenticated, offers }: Negotiation): boolean {
  return isAuthenticated && offers.child('sm', MANAGEMENT_NS) !== undefined
}

/** `<resumed/>` or `<failed/>`; undefined for anything else. */
export function readResumption(element: Element): ManagementAnswer | undefined {
  const yes = resumed.parse(element)
  if (yes !== undefined && !isBroken(yes)) return { kind: 'resumed', h: yes.h }
  if (!element.is('failed', MANAGEMENT_NS)) return undefined
  const h = Number(element.attr('h') ?? Number.NaN)
  return { kind: 'lost', h: Number.isInteger(h) && h >= 0 ? h : undefined }
}

export function readEnabled(element: Element): Enabled | undefined {
  const read = enabled.parse(element)
  if (read === undefined || isBroken(read)) return undefined
  return { id: read.resume === true ? read.id : undefined, max: read.max, location: read.location }
}
