/** Resource binding (RFC 6120 section 7), for servers without XEP-0386. */
import { type Jid, parseJid } from '@rookery/protocol/jid'
import * as NS from '@rookery/protocol/namespaces'
import { readStanzaError } from '@rookery/protocol/stanza'
import { el } from '@rookery/protocol/xml'
import { RequestError } from '../contract/errors.ts'
import type { Negotiation } from './negotiation.ts'
import { broken } from './nonzas.ts'

const id = 'bind'

/** The address of the session. Throws a RequestError, a ConnectError. */
export async function bindResource({ connection, account, offers }: Negotiation): Promise<Jid> {
  const { resource } = account
  if (offers.child('bind', NS.bind) === undefined) throw broken(NS.bind)
  const wish = el('bind', NS.bind, {}, [resource ? el('resource', NS.bind, {}, resource) : undefined])
  connection.send(el('iq', NS.client, { type: 'set', id }, [wish]))
  const answer = await connection.nextElement('iq', NS.client)
  if (answer.attr('type') === 'error') throw new RequestError(readStanzaError(answer))
  const isOurs = answer.attr('id') === id && answer.attr('type') === 'result'
  return ownAddress(isOurs ? answer.child('bind', NS.bind)?.childText('jid') : undefined, account)
}

/** The address that the server gives the session: of the account that has logged in, and no other. Throws a ConnectError. */
export function ownAddress(text: string | undefined, account: Jid): Jid {
  const jid = parseJid(text?.trim() ?? '')
  if (jid?.isFull !== true || (account.local !== '' && !jid.bare.equals(account.bare))) throw broken(NS.bind)
  return jid
}
