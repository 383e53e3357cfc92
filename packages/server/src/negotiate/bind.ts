/** Resource binding, the server's side. RFC 6120 section 7. */
import { NS } from '@rookery/protocol'
import { CodecError } from '@rookery/protocol/codec'
import { parseJid } from '@rookery/protocol/jid'
import { errorOf, Iq, resultOf, StanzaError } from '@rookery/protocol/stanza'
import { StreamError } from '@rookery/protocol/stream'
import { bindFeature, bind as codec } from '@rookery/protocol/xeps/bind'
import { sessionFeature } from '@rookery/protocol/xeps/session'
import { clientOf } from './exchange.ts'
import type { ServerStreamFeature } from './negotiation.ts'

export const bind: ServerStreamFeature = {
  name: 'bind',
  offer: (n) => (n.account !== undefined && n.session === undefined ? bindFeature : undefined),
  takes: (element, n) =>
    element.is('iq', NS.client) &&
    n.account !== undefined &&
    n.session === undefined &&
    element.child('bind', NS.bind) !== undefined,
  receive(element, n) {
    const request = new Iq(element, undefined, undefined, 'set')
    const refuse = (error: StanzaError): undefined => {
      const answer = errorOf(request, error)
      if (answer !== undefined) n.send(answer.element)
    }
    const target = element.attr('to')
    if (element.attr('type') !== 'set' || element.attr('id') === undefined)
      return refuse(new StanzaError('bad-request'))
    if (target !== undefined && parseJid(target) === undefined) return refuse(new StanzaError('jid-malformed'))
    const asked = codec.parse(element.child('bind', NS.bind)!)
    if (asked === undefined || asked instanceof CodecError) return refuse(new StanzaError('bad-request'))
    const session = n.bind(asked.resource === '' ? undefined : asked.resource, clientOf(n))
    if (session === 'gone') {
      n.close(new StreamError('not-authorized', 'log in again')) // [S52]
      return undefined
    }
    if (session === 'malformed') return refuse(new StanzaError('bad-request', { text: 'this resource is not allowed' })) // [RFC6120 7.7.2.1]
    if (session === 'too-many')
      return refuse(
        new StanzaError('resource-constraint', { text: 'this account has too many sessions; end one first' }),
      ) // [RFC6120 7.6.2.1]
    n.send(resultOf(request, codec.build({ jid: session.jid })).element)
    return undefined
  },
}

/** Does nothing since RFC 6121, but old clients look for it; the request is answered by the core feature. [RFC6121 E] */
export const legacySession: ServerStreamFeature = {
  name: 'session',
  offer: (n) => (n.account !== undefined && n.session === undefined ? sessionFeature : undefined),
  takes: () => false,
  receive: () => undefined,
}
