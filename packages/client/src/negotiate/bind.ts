/** Resource binding (RFC 6120 section 7), for servers without XEP-0386. */
import { NS } from '@rookery/protocol'
import { isBroken } from '@rookery/protocol/codec'
import { readStanzaError } from '@rookery/protocol/stanza'
import { bind } from '@rookery/protocol/xeps/bind'
import { el } from '@rookery/protocol/xml'
import { ConnectError, RequestError } from '../errors.ts'
import type { Step } from './negotiation.ts'

const id = 'bind'

export const bindResource: Step = {
  name: 'bind',
  ready: ({ isAuthenticated, jid, offers }) =>
    isAuthenticated && jid === undefined && offers.child('bind', NS.bind) !== undefined,
  negotiate: async (negotiation) => {
    const { connection, credentials } = negotiation
    const resource = credentials.resource === '' ? undefined : credentials.resource
    connection.send(el('iq', NS.client, { type: 'set', id }, [bind.build({ resource })]))
    const answer = await connection.nextElement('iq', NS.client)
    if (answer.attr('type') === 'error') throw new RequestError(readStanzaError(answer))
    const bound = answer.attr('id') === id && answer.attr('type') === 'result' ? bind.find(answer) : undefined
    if (bound === undefined || isBroken(bound) || bound.jid?.isFull !== true)
      throw new ConnectError('bad-answer', 'The server did not say which address the session has.')
    negotiation.jid = bound.jid
    return 'on'
  },
}
