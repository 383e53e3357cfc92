/** Stream management (XEP-0198 1.6.3): going on with the session of before instead of binding, and managing a new one. */
import { MANAGEMENT_NS } from '@rookery/protocol/xeps/names'
import { type Element, el } from '@rookery/protocol/xml'
import type { Enabled, ManagementAnswer, Negotiation, Resumable } from './negotiation.ts'
import { broken, countOf } from './nonzas.ts'

export const enable: Element = el('enable', MANAGEMENT_NS, { resume: 'true' })

export function resume({ id, handled }: Resumable): Element {
  return el('resume', MANAGEMENT_NS, { previd: id, h: String(handled % 2 ** 32) })
}

/** Stanzas that may come between the binding and the answer to `<enable/>`. */
const mostEarly = 100

/** No session has such a count: it is given up. */
const impossible = -1

export async function enableManagement({ connection, early }: Negotiation): Promise<Enabled | undefined> {
  connection.send(enable)
  for (;;) {
    const answer = await connection.nextElement()
    if (answer.ns === MANAGEMENT_NS) return readEnabled(answer)
    if (early.push(answer) > mostEarly) throw broken(MANAGEMENT_NS)
  }
}

/** `<resumed/>` or `<failed/>`; anything else is of a session that cannot be ours. */
export function readResumption(answer: Element, resumable: Resumable | undefined): ManagementAnswer {
  const h = countOf(answer)
  if (answer.is('failed', MANAGEMENT_NS)) return { kind: 'lost', h }
  const isOurs =
    resumable !== undefined && answer.is('resumed', MANAGEMENT_NS) && answer.attr('previd') === resumable.id
  return { kind: 'resumed', h: isOurs && h !== undefined ? h : impossible }
}

/** Undefined where it was refused. */
export function readEnabled(answer: Element | undefined): Enabled | undefined {
  if (answer?.is('enabled', MANAGEMENT_NS) !== true) return undefined
  const canResume = /^(?:true|1)$/.test(answer.attr('resume') ?? '')
  return { id: canResume ? answer.attr('id') : undefined, location: answer.attr('location') }
}
