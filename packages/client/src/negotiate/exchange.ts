/** The conversation of a login, which is the same in both profiles of SASL (RFC 6120 6.4, XEP-0388 2.6) but for its namespace. */
import type { Jid } from '@rookery/protocol/jid'
import * as NS from '@rookery/protocol/namespaces'
import { encodeBase64, readSaslCondition, type Say } from '@rookery/protocol/sasl'
import { type Element, el } from '@rookery/protocol/xml'
import { LoginError } from '../contract/errors.ts'
import type { Negotiation } from './negotiation.ts'
import { broken, bytesOf } from './nonzas.ts'

/** Lets `prove` talk with the server, and gives its success; `first` makes the element of the first message, which is in base64. */
export async function exchange(
  { connection, account }: Negotiation,
  ns: string,
  first: (data: string) => Element,
  prove: (say: Say) => Promise<void>,
): Promise<Element> {
  let answer: Element | undefined
  try {
    await prove(async (message) => {
      const data = encodeBase64(message)
      connection.send(answer === undefined ? first(data) : el('response', ns, {}, data))
      answer = await connection.nextElement()
      if (answer.is('failure', ns)) throw refused(answer, account.bare)
      // [XEP-0388 2.6.3] the tasks are of specifications to come
      if (answer.is('continue', ns))
        throw new LoginError('no-mechanism', `The server wants a second proof. ${answer.childText('text') ?? ''}`)
      const isSuccess = answer.is('success', ns)
      if (!isSuccess && !answer.is('challenge', ns)) throw broken(ns)
      return { isSuccess, data: bytesOf(isSuccess && ns !== NS.sasl ? answer.child('additional-data') : answer, ns) }
    })
    return answer!
  } catch (error) {
    if (answer?.name === 'challenge') connection.send(el('abort', ns))
    throw error
  }
}

function refused(failure: Element, account: Jid): LoginError {
  const condition = readSaslCondition((name) => failure.child(name, NS.sasl) !== undefined)
  const text = failure.childText('text')
  const said = text === undefined ? '' : ` (${text})`
  return new LoginError('refused', `The server refused ${account}: ${condition}${said}.`, condition)
}
