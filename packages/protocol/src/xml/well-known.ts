/** Names and namespaces that code compares with, so that the parser hands out the very strings of the code. Only a speed-up. */
import { XML_NS } from './namespaces.ts'

/** A literal in code and the same literal here are one object, so that comparing them ends at the pointer. */
const common: Map<string, string> = new Map(
  [
    ...[
      'message',
      'presence',
      'iq',
      'body',
      'subject',
      'thread',
      'show',
      'status',
      'priority',
      'error',
      'text',
      'query',
    ],
    ...['stream', 'features', 'starttls', 'proceed', 'auth', 'challenge', 'response', 'success', 'failure', 'abort'],
    ...[
      'bind',
      'resource',
      'jid',
      'session',
      'item',
      'group',
      'x',
      'c',
      'r',
      'a',
      'enable',
      'enabled',
      'resume',
      'resumed',
    ],
    ...[
      'ping',
      'vCard',
      'active',
      'composing',
      'paused',
      'inactive',
      'gone',
      'request',
      'received',
      'delay',
      'forwarded',
    ],
    ...[
      'to',
      'from',
      'id',
      'type',
      'xml:lang',
      'version',
      'xmlns',
      'name',
      'subscription',
      'ask',
      'ver',
      'node',
      'hash',
    ],
    ...['h', 'previd', 'mechanism', 'code', 'by', 'stamp', 'var', 'field', 'value', 'category', 'feature', 'identity'],
    ...['jabber:client', 'jabber:server', 'jabber:component:accept', 'http://etherx.jabber.org/streams', XML_NS],
    ...['urn:ietf:params:xml:ns:xmpp-sasl', 'urn:ietf:params:xml:ns:xmpp-tls', 'urn:ietf:params:xml:ns:xmpp-bind'],
    ...[
      'urn:ietf:params:xml:ns:xmpp-stanzas',
      'urn:ietf:params:xml:ns:xmpp-session',
      'jabber:iq:roster',
      'jabber:x:data',
    ],
    ...['urn:xmpp:sm:3', 'urn:xmpp:ping', 'urn:xmpp:carbons:2', 'urn:xmpp:receipts', 'urn:xmpp:delay', 'vcard-temp'],
    ...[
      'http://jabber.org/protocol/chatstates',
      'http://jabber.org/protocol/caps',
      'http://jabber.org/protocol/disco#info',
    ],
    ...[
      'http://jabber.org/protocol/disco#items',
      'http://jabber.org/protocol/muc',
      'http://jabber.org/protocol/muc#user',
    ],
  ].map((text) => [text, text]),
)

export function wellKnown(text: string): string {
  return common.get(text) ?? text
}
