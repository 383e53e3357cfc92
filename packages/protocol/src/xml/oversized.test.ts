/** What is larger than the limits allow, where it is left out: it comes without its content, and what is behind it is read as ever. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { STREAM_END, StreamError, TcpStream, WebSocketStream, type XmppStream } from '../stream/index.ts'
import { Element, omitted, type XmlLimits } from './index.ts'

const limits: XmlLimits = {
  bytes: 400,
  depth: 4,
  elements: 12,
  attributes: 4,
  nameLength: 20,
  prefixes: 3,
  omitted: 20_000,
}
const client = "xmlns='jabber:client'"
const opening = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
const many = (count: number, make: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join('')

/** Each is too large, and whole. */
const large: readonly [what: string, wire: string][] = [
  ['text', `<message ${client} id='1'><body>${'x'.repeat(500)}</body></message>`],
  ['text in many pieces', `<message ${client} id='1'>${many(9, () => `${'x'.repeat(50)}<b/>`)}</message>`],
  ['elements', `<message ${client} id='1'>${'<a/>'.repeat(20)}<b></b><c d="/>"/></message>`],
  ['depth', `<message ${client} id='1'><a><b><c><message ><e f='>'/>g</message></c ></b\n></a></message >`],
  ['attributes within', `<message ${client} id='1'><a ${many(9, (i) => `a${i}="'" `)}>b</a></message>`],
  ['prefixes', `<message ${client} id='1'><a xmlns:b='c' xmlns:d='e' xmlns:f='g' xmlns:h='i'><b:j/></a></message>`],
  ['a name', `<message ${client} id='1'><${'n'.repeat(30)} /></message>`],
  ['a section', `<message ${client} id='1'><a>]]<![CDATA[${'</a>]] ]>'.repeat(70)}]]]></a></message>`],
  ['its last bytes', `<message ${client} id='1'>${'x'.repeat(345)}</message                >`],
  ['attributes of its own', `<message ${client} ${many(9, (i) => `a${i}='/>' `)}><a/></message>`],
  ['attributes and nothing else', `<message ${client} ${many(9, (i) => `a${i}='' `)}/>`],
  ['an attribute', `<message ${client} a='${'>'.repeat(500)}'/>`],
]

function eventsOf(stream: XmppStream, chunks: Iterable<string>): unknown[] {
  const events: unknown[] = []
  for (const chunk of chunks) {
    stream.feed(chunk)
    for (let event = stream.next(); event !== undefined; event = stream.next()) {
      events.push(event)
      if (event instanceof StreamError) return events
    }
  }
  return events
}

function* pieces(wire: string, size: number): Generator<string> {
  for (let at = 0; at < wire.length; at += size) yield wire.slice(at, at + size)
}

/** Name, id, whether it is empty because of its size. */
function told(event: unknown): unknown {
  if (event instanceof Element) return [event.name, event.ns, event.attr('id'), event.children === omitted]
  return event instanceof StreamError ? event.condition : event
}

const before = ['iq', 'jabber:client', '0', false]
const after = ['iq', 'jabber:client', '2', false]

describe('over TCP', () => {
  for (const [what, wire] of large)
    test(`too much by ${what} is left out, however it is cut`, () => {
      const whole = `${opening}<iq id='0'/>${wire}<iq id='2'><a/></iq></stream:stream>`
      for (const size of [1, 2, 3, 7, 50, 399, 100_000]) {
        const stream = new TcpStream(limits)
        const [, ...events] = eventsOf(stream, pieces(whole, size))
        assert.deepEqual(
          events.map(told),
          [before, ['message', 'jabber:client', undefined, true], after, STREAM_END],
          `in pieces of ${size}`,
        )
      }
    })

  test('what is no XML ends the stream there as well', () => {
    for (const rest of [
      '<a></b>',
      '<a',
      '</message></message>',
      '<!-- -->',
      '<![cdata[',
      '<a/b>',
      '< a>',
      '<?a?>',
      '<a <b>',
      '</>',
      '</message/>',
    ])
      for (const size of [1, 100_000]) {
        const wire = `${opening}<message>${'<a/>'.repeat(20)}${rest}<x></message>${'</x>'.repeat(9)}`
        const [, ...events] = eventsOf(new TcpStream(limits), pieces(wire, size))
        assert.ok(events.map(told).includes('not-well-formed'), rest)
      }
  })

  test('what has no end is given up, and nothing of it is kept until then', () => {
    const stream = new TcpStream(limits)
    const endless = function* (): Generator<string> {
      yield `${opening}<message><body>`
      for (;;) yield 'x'.repeat(1000)
    }
    assert.equal(told(eventsOf(stream, endless()).at(-1)), 'policy-violation')
    assert.equal(stream.takeRest(), '')
  })

  test('a stream that allows nothing of it ends', () => {
    const { omitted: _, ...strict } = limits
    for (const [what, wire] of large)
      assert.equal(told(eventsOf(new TcpStream(strict), [opening + wire]).at(-1)), 'policy-violation', what)
  })

  test('the header of a stream is not left out', () => {
    const wire = opening.replace(' version', `${many(9, (i) => ` a${i}=''`)} version`)
    assert.deepEqual(eventsOf(new TcpStream(limits), [wire, '<iq/>']).map(told), ['policy-violation'])
  })
})

describe('over WebSocket', () => {
  const open = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' version='1.0'/>"
  for (const [what, wire] of large)
    test(`too much by ${what} is left out`, () => {
      const frames = [open, `<iq ${client} id='0'/>`, wire, `<iq ${client} id='2'><a/></iq>`]
      const [, ...events] = eventsOf(new WebSocketStream(limits), frames)
      assert.deepEqual(events.map(told), [before, ['message', 'jabber:client', undefined, true], after])
    })

  test('what is larger still ends the stream, as does what is allowed nothing of it', () => {
    const frame = `<message ${client}>${'x'.repeat(20_000)}</message>`
    assert.equal(told(eventsOf(new WebSocketStream(limits), [open, frame]).at(-1)), 'policy-violation')
    const { omitted: _, ...strict } = limits
    assert.equal(told(eventsOf(new WebSocketStream(strict), [open, large[0]![1]]).at(-1)), 'policy-violation')
  })
})
