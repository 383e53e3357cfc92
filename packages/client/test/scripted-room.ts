/** A room that does what a test says: it lets in, passes on, and answers; anything else the test sends in its name. */
import { type Element, parseElement, XmlError } from '@rookery/protocol/xml'
import type { Connection } from '../../../test/client/harness/hostile-connection.ts'
import type { HostileServer } from '../../../test/client/harness/hostile-server.ts'

export const address = 'verona@rooms.localhost'

export class ScriptedRoom {
  readonly #server: HostileServer
  features: readonly string[] = ['urn:xmpp:occupant-id:0', 'urn:xmpp:sid:0']
  /** What it says to who enters: presence of others, history, subject (empty: it does not come to that). */
  others: readonly string[] = []
  history: readonly string[] = []
  subject = '<subject/>'
  /** More in one's own presence. */
  self = '<status code="110"/>'
  /** It has forgotten us. */
  isForgetful = false
  #messages = 0

  constructor(server: HostileServer) {
    this.#server = server
    server.script.receive = (element, connection) => this.#receive(element, connection)
  }

  get entered(): Element[] {
    return this.#server
      .received('presence')
      .filter((presence) => presence.child('x', 'http://jabber.org/protocol/muc') !== undefined)
  }

  /** In the name of anybody. */
  say(wire: string): void {
    const { connection } = this.#server
    send(connection, wire.replaceAll('@me', connection.session?.jid ?? ''))
  }

  presence(nick: string, user: string, more = '', type = ''): void {
    const x = `<x xmlns='http://jabber.org/protocol/muc#user'>${user}</x>`
    this.say(`<presence from='${address}/${nick}' to='@me'${type && ` type='${type}'`}>${x}${more}</presence>`)
  }

  message(nick: string, body: string, more = '', id = `m${this.#messages++}`): void {
    const from = nick === '' ? address : `${address}/${nick}`
    const text = body === '' ? '' : `<body>${body}</body>`
    this.say(`<message type='groupchat' from='${from}' to='@me' id='${id}'>${text}${more}</message>`)
  }

  #receive(element: Element, connection: Connection): boolean {
    const to = element.attr('to') ?? ''
    if (!to.startsWith(address)) return false
    const id = element.attr('id') ?? ''
    const nick = to.slice(address.length + 1)
    if (element.name === 'presence') this.#presence(element, nick)
    else if (element.name === 'message') {
      const body = element.childText('body') ?? ''
      if (element.attr('type') === 'groupchat' && !this.isForgetful) this.message('romeo', body, '', id)
    } else if (element.firstElement()?.name === 'ping' && this.isForgetful)
      send(
        connection,
        `<iq type='error' id='${id}' from='${to}'><error type='cancel'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>`,
      )
    else if (element.firstElement()?.ns === 'http://jabber.org/protocol/disco#info') {
      const features = this.features.map((feature) => `<feature var='${feature}'/>`).join('')
      const query = `<query xmlns='http://jabber.org/protocol/disco#info'><identity category='conference' type='text'/>${features}</query>`
      send(connection, `<iq type='result' id='${id}' from='${to}'>${query}</iq>`)
    } else send(connection, `<iq type='result' id='${id}' from='${to}'/>`)
    return true
  }

  #presence(element: Element, nick: string): void {
    const item = "<item affiliation='member' role='participant'/>"
    if (element.attr('type') === 'unavailable')
      return this.presence(nick, `${item}<status code='110'/>`, '', 'unavailable')
    if (element.child('x', 'http://jabber.org/protocol/muc') !== undefined) {
      this.isForgetful = false
      for (const other of this.others) this.presence(other, item)
      this.presence(nick, `${item}${this.self}`)
      for (const said of this.history) this.say(said)
      if (this.subject !== '') this.message('', '', this.subject)
    }
  }
}

/** As a server does it, which counts what it sends. */
function send(connection: Connection, wire: string): void {
  const stanza = parseElement(wire.replace(/^<[a-z]+/, `$& xmlns='jabber:client'`))
  if (stanza instanceof XmlError) throw stanza
  connection.send(stanza)
}
