/**
 * From an element of a bound session to a stanza: checks what RFC 6120 section 8 asks of one, sets `from`, and starts
 * its journey.
 */
import { type Maybe, NS } from '@rookery/protocol'
import { type Jid, parseJid } from '@rookery/protocol/jid'
import { Iq, iqType, Message, Presence, presenceType, type Stanza, StanzaError } from '@rookery/protocol/stanza'
import { StreamError } from '@rookery/protocol/stream'
import type { Element } from '@rookery/protocol/xml'
import type { Host } from './host.ts'
import { weightOf } from './lane.ts'
import type { Session } from './session.ts'

/** A StreamError ends the stream; a promise holds it. `lang`: the language of the stream, where it has one. */
export function inbound(
  received: Element,
  session: Session,
  host: Host,
  lang: string | undefined,
): Maybe<undefined> | StreamError {
  if (received.ns !== NS.client) return unsupported(received)
  const element = inLanguage(received, lang)
  const claimed = element.attr('from')
  if (claimed !== undefined && !isOwn(claimed, session.jid))
    return new StreamError('invalid-from', 'the stanza claims to come from somebody else') // [RFC6120 8.1.2.1, S53]
  const target = element.attr('to')
  const to = target === undefined ? undefined : parseJid(target)
  const stanza = makeStanza(element, session.jid, to)
  if (stanza === undefined) return unsupported(element)
  if (stanza instanceof StanzaError) return refuse(element, session, to, host, stanza)
  if (target !== undefined && to === undefined)
    return host.router.refuse(stanza, new StanzaError('jid-malformed'), session) // [RFC6120 8.1.1.1]
  const addressed = to === undefined ? ownAddress(stanza, session) : stanza
  if (!session.lane.isBusy || addressed.kind === 'message') return host.depart(addressed, session)
  return departInTurn(addressed, session, host)
}

function departInTurn(stanza: Stanza, session: Session, host: Host): Maybe<undefined> {
  return session.lane.pass(weightOf(stanza.element), () => host.depart(stanza, session))
}

function unsupported(element: Element): StreamError {
  return new StreamError('unsupported-stanza-type', `<${element.name}/> is not known here`) // [RFC6120 4.9.3.24]
}

/** [RFC6120 4.7.4] */
function inLanguage(element: Element, lang: string | undefined): Element {
  return lang === undefined || element.attr('xml:lang') !== undefined ? element : element.with({ 'xml:lang': lang })
}

/** Without `to` a message or IQ is meant for the sender's own account. [RFC6120 10.3] */
function ownAddress(stanza: Stanza, session: Session): Stanza {
  return stanza.kind === 'presence' ? stanza : stanza.with({ to: session.account })
}

/** The own bare or full JID, in any spelling. */
function isOwn(claimed: string, own: Jid): boolean {
  const from = parseJid(claimed)
  return from !== undefined && (from.equals(own) || from.equals(own.bare))
}

function makeStanza(element: Element, from: Jid, to: Jid | undefined): Stanza | StanzaError | undefined {
  switch (element.name) {
    case 'message':
      return new Message(element, from, to)
    case 'presence': {
      const type = presenceType(element.attr('type'))
      return type === undefined
        ? new StanzaError('bad-request', { text: 'there is no such type of presence' }) // [RFC6121 4.7.1]
        : new Presence(element, from, to, type)
    }
    case 'iq':
      return makeIq(element, from, to)
    default:
      return undefined
  }
}

/** [RFC6120 8.2.3] */
function makeIq(element: Element, from: Jid, to: Jid | undefined): Iq | StanzaError {
  const type = iqType(element.attr('type'))
  if (type === undefined)
    return new StanzaError('bad-request', { text: "type is one of 'get', 'set', 'result', 'error'" })
  if (element.attr('id') === undefined) return new StanzaError('bad-request', { text: 'an IQ needs an id' })
  if (type === 'get' || type === 'set') {
    const payloads = element.childElements().length
    if (payloads !== 1) return new StanzaError('bad-request', { text: 'a request has exactly one child element' })
  }
  return new Iq(element, from, to, type)
}

/** Answers what could not even be made a stanza, as whatever it claimed to be. */
function refuse(
  element: Element,
  session: Session,
  to: Jid | undefined,
  host: Host,
  error: StanzaError,
): Maybe<undefined> {
  if (element.attr('type') === 'error' || element.attr('type') === 'result') return undefined
  const stanza =
    element.name === 'iq'
      ? new Iq(element, session.jid, to, 'get')
      : new Presence(element, session.jid, to, 'available')
  return host.router.refuse(stanza, error, session)
}
