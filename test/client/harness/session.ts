/** A bound resource of the hostile server, and its stream management (XEP-0198): it outlives its connection, so that it can be resumed. */

import { isBroken } from '@rookery/protocol/codec'
import { onWire, StreamError, Unacknowledged } from '@rookery/protocol/stream'
import {
  acknowledgement,
  acknowledgementRequest,
  enable,
  enabled,
  failed,
  handledTooHigh,
  MANAGEMENT_NS,
  resume,
  resumed,
} from '@rookery/protocol/xeps/management'
import type { Element } from '@rookery/protocol/xml'
import type { Connection } from './hostile-connection.ts'
import { isStanza } from './valve.ts'

export class Session {
  readonly id: string
  readonly account: string
  /** Full. */
  readonly jid: string
  connection: Connection | undefined
  isManaged = false
  /** Stanzas that came since it is managed. */
  handled = 0
  readonly unacknowledged: Unacknowledged<Element> = new Unacknowledged()

  constructor(id: string, account: string, jid: string) {
    this.id = id
    this.account = account
    this.jid = jid
  }

  /** Kept for a resumption while nobody is there. */
  send(element: Element): void {
    if (this.connection !== undefined) this.connection.send(element)
    else if (this.isManaged && isStanza(element)) this.unacknowledged.push(element)
  }

  /** Turns management on; the answer. */
  enable(resumeSeconds: number): Element {
    this.isManaged = true
    return enabled.build({ id: this.id, resume: true, max: resumeSeconds })
  }
}

/** Whether it was about stream management. */
export function manage(element: Element, connection: Connection): boolean {
  if (element.ns !== MANAGEMENT_NS) return false
  const { session } = connection
  if (enable.matches(element)) {
    if (session === undefined) connection.send(failed('unexpected-request'))
    else connection.send(session.enable(connection.server.behaviour.resumeSeconds))
  } else if (element.name === 'r') connection.send(acknowledgement.build({ h: onWire(session?.handled ?? 0) }))
  else if (element.name === 'a') takeAcknowledgement(element, connection)
  else if (resume.matches(element)) {
    const { answer, session: found } = resumption(element, connection)
    connection.send(answer)
    if (found !== undefined) takeUp(found, connection)
  }
  return true
}

/** What a request to resume is answered with, and what is resumed if it is. The answer has to be sent before `takeUp`. */
export function resumption(element: Element, connection: Connection): { answer: Element; session?: Session } {
  const request = resume.parse(element)
  if (request === undefined || isBroken(request)) return { answer: failed('bad-request') }
  const session = connection.server.sessions.get(request.previd)
  if (session === undefined || !session.isManaged || session.account !== connection.account)
    return { answer: failed('item-not-found') }
  if (session.unacknowledged.acknowledge(request.h) === undefined)
    return { answer: failed('item-not-found', session.handled) }
  return { answer: resumed.build({ previd: session.id, h: onWire(session.handled) }), session }
}

/** The session goes on here, with what was not acknowledged. */
export function takeUp(session: Session, connection: Connection): void {
  const former = session.connection
  session.connection = undefined
  former?.leave()
  connection.join(session)
  for (const element of session.unacknowledged.rest()) connection.repeat(element)
  if (session.unacknowledged.size > 0) connection.send(acknowledgementRequest)
}

function takeAcknowledgement(element: Element, connection: Connection): void {
  const { session } = connection
  const given = acknowledgement.parse(element)
  if (session === undefined || given === undefined || isBroken(given)) return
  if (session.unacknowledged.acknowledge(given.h) !== undefined) return
  connection.error(
    new StreamError('undefined-condition', undefined, handledTooHigh(given.h, session.unacknowledged.sent)),
  )
}
