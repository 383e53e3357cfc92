import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as NS from '../namespaces.ts'
import { authenticated, Element, el, escapeAttribute, preAuth } from '../xml/index.ts'
import { STREAM_END, StreamError, StreamHeader, TcpStream, type XmppStream } from './index.ts'

const stream = () => new TcpStream(authenticated)
const HEADER = `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='${NS.streams}' to='x.org' version='1.0'>`

function eventsOf(machine: XmppStream, wire: string): unknown[] {
  machine.feed(wire)
  const events: unknown[] = []
  for (let event = machine.next(); event !== undefined; event = machine.next()) {
    events.push(event)
    if (event instanceof StreamError) break
  }
  return events
}

function errorFrom(wire: string, machine: XmppStream = stream()): string | undefined {
  const last = eventsOf(machine, wire).at(-1)
  return last instanceof StreamError ? last.condition : undefined
}

describe('what is received', () => {
  test('is a header, then elements, then the end', () => {
    const events = eventsOf(stream(), `${HEADER}<message><body>hi</body></message> <presence/></stream:stream>`)
    const [header, message, presence, end] = events
    assert.ok(header instanceof StreamHeader)
    assert.deepEqual([header.to, header.version, header.from, header.id], ['x.org', '1.0', undefined, undefined])
    assert.ok(message instanceof Element && message.is('message', NS.client))
    assert.ok(presence instanceof Element && presence.is('presence', NS.client))
    assert.equal(end, STREAM_END)
    assert.equal(events.length, 4)
  })

  test('is the same however it is cut', () => {
    const whole = `${HEADER}<message><body>h\u00c3\u00a9</body></message></stream:stream>`
    for (let cut = 1; cut < whole.length; cut++) {
      const machine = stream()
      const events = [...eventsOf(machine, whole.slice(0, cut)), ...eventsOf(machine, whole.slice(cut))]
      assert.equal(events.length, 3, `cut at ${cut}`)
      assert.equal((events[1] as Element).childText('body'), 'hé')
      assert.equal(events[2], STREAM_END)
    }
  })

  test('has all that a header can say', () => {
    const wire = HEADER.replace(' to=', " from='a@x.org' id='&quot;7' xml:lang='it' to=")
    const [header] = eventsOf(stream(), wire)
    assert.ok(header instanceof StreamHeader)
    assert.deepEqual([header.from, header.id, header.lang], ['a@x.org', '"7', 'it'])
  })
})

describe('a header is refused', () => {
  const cases: [string, string, string][] = [
    ['of another stream namespace [RFC6120 4.8.1]', HEADER.replace(NS.streams, 'urn:other'), 'invalid-namespace'],
    [
      'of another content namespace [RFC6120 4.8.2]',
      HEADER.replace('jabber:client', 'jabber:server'),
      'invalid-namespace',
    ],
    ['without a content namespace', HEADER.replace(" xmlns='jabber:client'", ''), 'invalid-namespace'],
    ['without a version [RFC6120 4.7.5]', HEADER.replace(" version='1.0'>", '>'), 'unsupported-version'],
    ['of version 0.9', HEADER.replace("version='1.0'>", "version='0.9'>"), 'unsupported-version'],
    ['by another name', HEADER.replace('<stream:stream', '<stream:flow'), 'bad-format'],
    ['in another encoding', HEADER.replace("'1.0'?>", "'1.0' encoding='UTF-16'?>"), 'unsupported-encoding'],
  ]
  for (const [what, wire, condition] of cases) test(what, () => assert.equal(errorFrom(wire), condition))

  test('but a later minor or major version is taken [RFC6120 4.7.5]', () => {
    for (const version of ['1.1', '2.0'])
      assert.ok(
        eventsOf(stream(), HEADER.replace("version='1.0'>", `version='${version}'>`))[0] instanceof StreamHeader,
      )
  })

  test('and components say no version [XEP-0114]', () => {
    const machine = new TcpStream(preAuth, NS.component)
    const wire = HEADER.replace('jabber:client', NS.component).replace(" version='1.0'>", '>')
    assert.ok(eventsOf(machine, wire)[0] instanceof StreamHeader)
  })
})

describe('an error', () => {
  test('stays: nothing is read behind it', () => {
    const machine = stream()
    assert.equal(errorFrom(`${HEADER}<!-- -->`, machine), 'restricted-xml')
    machine.feed('<message/>')
    const again = machine.next()
    assert.ok(again instanceof StreamError && again.condition === 'restricted-xml')
    assert.equal(machine.next(), again)
  })

  test('of the header stays, too', () => {
    const machine = stream()
    assert.equal(errorFrom(HEADER.replace("version='1.0'>", "version='0'>"), machine), 'unsupported-version')
    machine.feed('<message/>')
    assert.ok(machine.next() instanceof StreamError)
  })

  test('may come before any header', () => {
    for (const [wire, condition] of [
      ['GET / HTTP/1.1\r\n', 'not-well-formed'],
      ['\x16\x03\x01\x02\x00', 'not-well-formed'],
      ['<!DOCTYPE x>', 'restricted-xml'],
      ['<message/>', 'bad-format'],
    ] as const)
      assert.equal(errorFrom(wire), condition, wire)
  })

  test('tells of limits', () => {
    const machine = new TcpStream(preAuth)
    assert.equal(errorFrom(`${HEADER}<a>${'x'.repeat(preAuth.bytes)}`, machine), 'policy-violation')
  })
})

describe('a restart', () => {
  test('begins a new stream in the same bytes [RFC6120 4.3.3]', () => {
    const machine = stream()
    machine.feed(`${HEADER}<auth xmlns='${NS.sasl}'/>${HEADER.replace('x.org', 'y.org')}<presence/>`)
    assert.ok(machine.next() instanceof StreamHeader)
    assert.ok(machine.next() instanceof Element)
    machine.restart()
    const header = machine.next()
    assert.ok(header instanceof StreamHeader && header.to === 'y.org')
    assert.ok(machine.next() instanceof Element)
  })

  test('is an error when nobody asked for it', () => {
    assert.ok(errorFrom(`${HEADER}<presence/>${HEADER}`))
  })

  test('takes larger elements when the limits have been set anew', () => {
    const machine = new TcpStream(preAuth)
    eventsOf(machine, HEADER)
    machine.limits = authenticated
    machine.restart()
    const [header, element] = eventsOf(machine, `${HEADER}<a>${'x'.repeat(preAuth.bytes)}</a>`)
    assert.ok(header instanceof StreamHeader && element instanceof Element)
  })

  test('can leave the rest behind: what came before TLS is not read under it (S33)', () => {
    const machine = stream()
    machine.feed(`${HEADER}<starttls xmlns='${NS.tls}'/><auth xmlns='${NS.sasl}'/>`)
    machine.next()
    machine.next()
    assert.equal(machine.takeRest(), `<auth xmlns='${NS.sasl}'/>`)
    assert.equal(machine.next(), undefined)
  })
})

describe('what is sent', () => {
  const open = (machine: XmppStream) =>
    machine.open(new StreamHeader({ id: "a'b", from: 'x.org', version: '1.0', lang: 'en' }))

  test('opens with a header that is escaped and leaves out what is not there', () => {
    assert.equal(
      open(stream()),
      `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='${NS.streams}' id='${escapeAttribute("a'b")}' from='x.org' version='1.0' xml:lang='en'>`,
    )
  })

  test('has the prefix of the header for features and errors [RFC6120 4.8.5]', () => {
    const machine = stream()
    open(machine)
    assert.equal(machine.element(el('features', NS.streams)), '<stream:features/>')
    assert.equal(
      machine.element(el('features', NS.streams, {}, [el('starttls', NS.tls, {}, [el('required', NS.tls)])])),
      `<stream:features><starttls xmlns='${NS.tls}'><required/></starttls></stream:features>`,
    )
    assert.equal(
      machine.error(new StreamError('host-unknown', 'who?', el('extra', 'urn:app'))),
      `<stream:error><host-unknown xmlns='${NS.streamErrors}'/><text xmlns='${NS.streamErrors}' xml:lang='en'>who?</text><extra xmlns='urn:app'/></stream:error>`,
    )
  })

  test('declares nothing for stanzas of the stream, whatever their content namespace', () => {
    const machine = stream()
    assert.equal(machine.element(el('presence', NS.client)), '<presence/>')
    assert.equal(machine.element(el('presence', NS.server)), '<presence/>')
    assert.equal(machine.element(el('a', 'urn:a')), "<a xmlns='urn:a'/>")
  })

  test('is read by the other side', () => {
    const [server, client] = [stream(), stream()]
    const wire = open(server) + server.element(el('features', NS.streams, {}, [el('a', 'urn:a')])) + server.close()
    const [header, features, end] = eventsOf(client, wire)
    assert.ok(header instanceof StreamHeader && header.id === "a'b")
    assert.ok(features instanceof Element && features.is('features', NS.streams))
    assert.ok(features.child('a', 'urn:a'))
    assert.equal(end, STREAM_END)
  })

  test('is closed once, and only when it was opened [RFC6120 4.4]', () => {
    const machine = stream()
    assert.equal(machine.isOpen, false)
    assert.equal(machine.close(), '')
    open(machine)
    assert.equal(machine.isOpen, true)
    assert.equal(machine.close(), '</stream:stream>')
    assert.equal(machine.isOpen, false)
    assert.equal(machine.close(), '')
  })

  test('has no header yet after a restart', () => {
    const machine = stream()
    open(machine)
    machine.restart()
    assert.equal(machine.isOpen, false)
    open(machine)
    assert.equal(machine.isOpen, true)
  })
})
