/** The conversation of a login, which is the same in both profiles of SASL (RFC 6120 6.4, XEP-0388 2.6) but for its namespace. */
import { NS } from '@rookery/protocol'
import { encodeBase64, readSaslCondition } from '@rookery/protocol/sasl'
import { type Element, el } from '@rookery/protocol/xml'
import { LoginError } from '../errors.ts'
import { type Attempt, refused, stepOf, verify } from './mechanism.ts'
import type { Negotiation } from './negotiation.ts'
import { broken, bytesOf } from './nonzas.ts'

/** Sends the first element, then challenges and responses, until the server says how it ended: its success, or why it refused. */
export async function exchange(
  negotiation: Negotiation,
  attempt: Attempt,
  first: Element,
): Promise<Element | LoginError> {
  const { connection } = negotiation
  const { ns } = first
  connection.send(first)
  for (;;) {
    const answer = await connection.nextElement()
    if (answer.is('challenge', ns)) {
      try {
        const data = await stepOf(attempt.mechanism.respond(bytesOf(answer)))
        connection.send(el('response', ns, {}, encodeBase64(data)))
      } catch (error) {
        connection.send(el('abort', ns))
        throw error
      }
    } else if (answer.is('success', ns)) {
      const data = ns === NS.sasl ? answer : answer.child('additional-data')
      // without a word in it RFC 6120 has no data, XEP-0388 has zero bytes of them
      await verify(attempt, data && (ns !== NS.sasl || data.text() !== '') ? bytesOf(data) : undefined, negotiation)
      return answer
    } else if (answer.is('failure', ns)) {
      const named = answer.childElements().find((child) => child.ns === NS.sasl && child.name !== 'text')
      return refused(readSaslCondition(named?.name ?? ''), answer.childText('text'), negotiation)
    } else if (answer.is('continue', ns)) {
      // [XEP-0388 2.6.3] the tasks are of specifications to come
      const said = answer.childText('text') ?? 'it says no more.'
      throw new LoginError('no-mechanism', `The server wants a second proof that this client cannot give: ${said}`)
    } else throw broken(ns)
  }
}
