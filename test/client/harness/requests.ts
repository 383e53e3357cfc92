/** What the hostile server answers when nobody tells it otherwise: bind, roster, discovery, ping, carbons; and messages go from session to session. */
import { NS } from '@rookery/protocol'
import { isBroken } from '@rookery/protocol/codec'
import { DISCO_INFO_NS, DISCO_ITEMS_NS, discoInfo } from '@rookery/protocol/disco'
import { parseJid } from '@rookery/protocol/jid'
import { bind } from '@rookery/protocol/xeps/bind'
import { CARBONS_NS } from '@rookery/protocol/xeps/carbons'
import { PING_NS } from '@rookery/protocol/xeps/ping'
import { type Element, el } from '@rookery/protocol/xml'
import type { Connection } from './hostile-connection.ts'

/** A stanza of somebody who is logged in. */
export function answer(stanza: Element, connection: Connection): void {
  if (stanza.name === 'iq') answerIq(stanza, connection)
  else if (stanza.attr('to') !== undefined) connection.server.route(stanza.with({ from: connection.session?.jid }))
  else if (stanza.name === 'presence' && stanza.attr('type') === undefined)
    connection.send(stanza.with({ from: connection.session?.jid })) // [RFC6121 4.2.2]
}

function answerIq(iq: Element, connection: Connection): void {
  const payload = iq.firstElement()
  const type = iq.attr('type')
  if (type !== 'get' && type !== 'set') return
  const { behaviour, domain } = connection.server
  const to = iq.attr('to')
  const isOurs = to === undefined || to === domain || to === `${connection.account}@${domain}`
  if (payload === undefined || !isOurs) return connection.refuse(iq, 'service-unavailable')
  switch (payload.ns) {
    case NS.bind:
      return bound(iq, payload, connection)
    case NS.session:
    case PING_NS:
    case CARBONS_NS:
      return connection.reply(iq)
    case NS.roster:
      return connection.reply(iq, type === 'get' ? el('query', NS.roster, {}, behaviour.roster) : undefined)
    case DISCO_INFO_NS:
      return connection.reply(
        iq,
        discoInfo.build({ identities: [{ category: 'server', type: 'im' }], features: behaviour.disco, forms: [] }),
      )
    case DISCO_ITEMS_NS:
      return connection.reply(iq, el('query', DISCO_ITEMS_NS))
    default:
      return connection.refuse(iq, 'service-unavailable')
  }
}

function bound(iq: Element, payload: Element, connection: Connection): void {
  const request = bind.parse(payload)
  if (request === undefined || isBroken(request) || connection.session !== undefined)
    return connection.refuse(iq, 'not-allowed')
  const session = connection.bind(request.resource)
  connection.reply(iq, bind.build({ jid: parseJid(session.jid)! }))
}
