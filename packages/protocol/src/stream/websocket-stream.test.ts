import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as NS from '../namespaces.ts'
import { authenticated, Element, el, escapeAttribute, preAuth, toWire } from '../xml/index.ts'
import {
  FRAME_END,
  STREAM_END,
  StreamError,
  type StreamEvent,
  StreamHeader,
  WebSocketStream,
  type XmppStream,
} from './index.ts'

const framing = 'urn:ietf:params:xml:ns:xmpp-framing'
const OPEN = `<open xmlns='${framing}' to='x.org' version='1.0' xml:lang='it'/>`
const CLOSE = `<close xmlns='${framing}'/>`
const message = `<message xmlns='jabber:client' to='a@x.org'><body>${toWire('hé')}</body></message>`

const stream = (limits = authenticated): XmppStream => new WebSocketStream(limits)

function eventsOf(machine: XmppStream, ...frames: string[]): StreamEvent[] {
  for (const frame of frames) machine.feed(frame)
  const events: StreamEvent[] = []
  for (let event = machine.next(); event !== undefined; event = machine.next()) {
    events.push(event)
    if (event instanceof StreamError) break
  }
  return events
}

function conditionOf(machine: XmppStream, ...frames: string[]): string | undefined {
  const last = eventsOf(machine, ...frames).at(-1)
  return last instanceof StreamError ? last.condition : undefined
}

describe('what is received', () => {
  test('is a header, then an element for each frame, then the end [RFC7395 3.3, 3.6]', () => {
    const [header, first, second, end] = eventsOf(stream(), OPEN, message, `<r xmlns='urn:xmpp:sm:3'/>`, CLOSE)
    assert.ok(header instanceof StreamHeader)
    assert.deepEqual([header.to, header.version, header.lang], ['x.org', '1.0', 'it'])
    assert.ok(first instanceof Element && first.is('message', NS.client))
    assert.equal(first.childText('body'), 'hé')
    assert.ok(second instanceof Element && second.is('r', 'urn:xmpp:sm:3'))
    assert.equal(end, STREAM_END)
  })

  test('may be a document with a declaration [RFC7395 3.3.3]', () => {
    const [header] = eventsOf(stream(), `<?xml version='1.0'?>${OPEN}`)
    assert.ok(header instanceof StreamHeader)
  })

  test('keeps the bytes of its content, to be passed on as they came', () => {
    const [, element] = eventsOf(stream(), OPEN, message)
    assert.ok(element instanceof Element)
    assert.equal(element.inner, '<body>h\u00c3\u00a9</body>')
  })

  test('starts anew with another header after a restart [RFC7395 3.7]', () => {
    const machine = stream()
    eventsOf(machine, OPEN)
    machine.restart()
    const [header, element] = eventsOf(machine, OPEN.replace('x.org', 'y.org'), message)
    assert.ok(header instanceof StreamHeader && header.to === 'y.org')
    assert.ok(element instanceof Element)
  })
})

describe('a frame is refused', () => {
  const cases: [what: string, frame: string, condition: string][] = [
    ['with two elements', message + message, 'not-well-formed'],
    ['with a part of one', message.slice(0, -5), 'not-well-formed'],
    ['with the rest of one', '</message>', 'not-well-formed'],
    ['with nothing in it', '', 'not-well-formed'],
    ['that begins with white space [RFC7395 3.3.3]', ` ${message}`, 'not-well-formed'],
    ['with white space alone [RFC7395 3.8]', ' ', 'not-well-formed'],
    ['with a NUL between two elements', `${message}\0${message}`, 'not-well-formed'],
    ['with a DTD (S01)', `<!DOCTYPE m [<!ENTITY a "ha">]>${message}`, 'restricted-xml'],
    ['with a comment', `<!-- -->${message}`, 'restricted-xml'],
    ['with a processing instruction behind', `${message}<?a b?>`, 'not-well-formed'],
    ['with text', 'hello', 'not-well-formed'],
    ['that is not UTF-8', "<message xmlns='jabber:client'><body>\u00e9</body></message>", 'bad-format'],
    ['with another framing element', `<flow xmlns='${framing}'/>`, 'bad-format'],
    ['that opens what is open', OPEN, 'bad-format'],
    ['that closes in no namespace [RFC7395 3.3.2]', '<close/>', 'invalid-namespace'],
    ['that closes in another namespace [RFC7395 3.3.2]', "<close xmlns='urn:other'/>", 'invalid-namespace'],
    ['that opens in another namespace [RFC7395 3.3.2]', "<open xmlns='urn:other'/>", 'invalid-namespace'],
    ['larger than the limit', `<a xmlns='urn:a'>${'x'.repeat(preAuth.bytes)}</a>`, 'policy-violation'],
  ]
  for (const [what, frame, condition] of cases)
    test(what, () => assert.equal(conditionOf(stream(preAuth), OPEN, frame), condition))

  test('and nothing behind it is read', () => {
    const machine = stream()
    assert.equal(conditionOf(machine, OPEN, ' ', message), 'not-well-formed')
    machine.feed(message)
    assert.ok(machine.next() instanceof StreamError)
  })
})

describe('a stream is refused', () => {
  const cases: [what: string, frame: string, condition: string][] = [
    ['that begins with a stanza [RFC7395 3.4]', message, 'bad-format'],
    [
      'that begins like one over TCP',
      `<stream:stream xmlns='jabber:client' xmlns:stream='${NS.streams}' to='x.org' version='1.0'>`,
      'not-well-formed',
    ],
    ['of another namespace [RFC7395 3.3.2]', `<open xmlns='urn:other' version='1.0'/>`, 'invalid-namespace'],
    ['that closes before it opens, in another namespace', `<close xmlns='urn:other'/>`, 'invalid-namespace'],
    ['without a version', `<open xmlns='${framing}' to='x.org'/>`, 'unsupported-version'],
  ]
  for (const [what, frame, condition] of cases) test(what, () => assert.equal(conditionOf(stream(), frame), condition))

  test('but may be closed before it was opened', () => {
    assert.deepEqual(eventsOf(stream(), CLOSE), [STREAM_END])
  })
})

describe('what is sent', () => {
  const opened = (): XmppStream => {
    const machine = stream()
    machine.open(new StreamHeader({ id: "a'b", from: 'x.org', version: '1.0', lang: 'en' }))
    return machine
  }

  test('ends with what separates frames', () => {
    const machine = stream()
    const wires = [
      machine.open(new StreamHeader({ id: '1', from: 'x.org', version: '1.0' })),
      machine.element(el('features', NS.streams)),
      machine.element(el('a', 'urn:a')),
      machine.stanza('<message/>'),
      machine.close(),
    ]
    for (const wire of wires) assert.equal(wire.indexOf(FRAME_END), wire.length - 1)
  })

  test('opens with <open/>, and leaves out what is not there', () => {
    const header = new StreamHeader({ id: "a'b", from: 'x.org', version: '1.0', lang: 'en' })
    assert.equal(
      stream().open(header),
      `<open xmlns='${framing}' id='${escapeAttribute("a'b")}' from='x.org' version='1.0' xml:lang='en'/>\0`,
    )
  })

  test('declares its own namespaces [RFC7395 3.3.3]', () => {
    const machine = opened()
    assert.equal(
      machine.element(el('features', NS.streams, {}, [el('bind', NS.bind)])),
      `<stream:features xmlns:stream='${NS.streams}'><bind xmlns='${NS.bind}'/></stream:features>\0`,
    )
    assert.equal(
      machine.error(new StreamError('host-unknown')),
      `<stream:error xmlns:stream='${NS.streams}'><host-unknown xmlns='${NS.streamErrors}'/></stream:error>\0`,
    )
    assert.equal(
      machine.element(el('iq', NS.client, { type: 'get' }, [el('ping', 'urn:xmpp:ping')])),
      `<iq xmlns='jabber:client' type='get'><ping xmlns='urn:xmpp:ping'/></iq>\0`,
    )
    assert.equal(machine.element(el('r', 'urn:xmpp:sm:3')), `<r xmlns='urn:xmpp:sm:3'/>\0`)
  })

  test('gives a stanza that is written already its namespace', () => {
    const machine = opened()
    assert.equal(machine.stanza('<presence/>'), `<presence xmlns='jabber:client'/>\0`)
    assert.equal(machine.stanza("<message to='a'>b</message>"), "<message xmlns='jabber:client' to='a'>b</message>\0")
    assert.equal(machine.stanza('<message><body/></message>'), "<message xmlns='jabber:client'><body/></message>\0")
  })

  test('is read by the other side, frame by frame', () => {
    const machine = stream()
    const wire =
      machine.open(new StreamHeader({ id: '1', from: 'x.org', version: '1.0' })) +
      machine.element(el('features', NS.streams, {}, [el('a', 'urn:a')])) +
      machine.stanza('<message><body>hi</body></message>') +
      machine.close()
    const client = new WebSocketStream(authenticated)
    const [header, features, received, end] = eventsOf(client, ...wire.split(FRAME_END).slice(0, -1))
    assert.ok(header instanceof StreamHeader && header.id === '1')
    assert.ok(features instanceof Element && features.is('features', NS.streams))
    assert.ok(received instanceof Element && received.childText('body') === 'hi')
    assert.equal(end, STREAM_END)
  })

  test('is closed once', () => {
    const machine = opened()
    assert.equal(machine.close(), `${CLOSE}\0`)
    assert.equal(machine.close(), '')
  })
})
