import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  authenticated,
  CLOSE,
  Element,
  parseElement,
  preAuth,
  StreamOpen,
  XmlError,
  type XmlLimits,
  XmlParser,
} from './index.ts'

const header =
  "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.com' version='1.0'>"

function events(parser: XmlParser): (StreamOpen | Element | typeof CLOSE | XmlError)[] {
  const seen: (StreamOpen | Element | typeof CLOSE | XmlError)[] = []
  for (let event = parser.next(); event !== undefined; event = parser.next()) {
    seen.push(event)
    if (event instanceof XmlError) break
  }
  return seen
}

function stream(limits: XmlLimits = authenticated, head: string = header): XmlParser {
  const parser = new XmlParser(limits)
  parser.feed(head)
  assert.ok(parser.next() instanceof StreamOpen)
  return parser
}

function onlyElement(wire: string, head: string = header): Element {
  const parser = stream(authenticated, head)
  parser.feed(wire)
  const [element, ...more] = events(parser)
  assert.ok(element instanceof Element, JSON.stringify(element))
  assert.deepEqual(more, [])
  return element
}

/** The last event after the chunks. */
function lastError(parser: XmlParser, ...chunks: string[]): string | undefined {
  for (const chunk of chunks) {
    parser.feed(chunk)
    const error = events(parser).find((event) => event instanceof XmlError)
    if (error !== undefined) return error.condition
  }
  return undefined
}

test('tells the stream header, each element and the end', () => {
  const parser = new XmlParser(authenticated)
  parser.feed(
    `<?xml version='1.0'?>\n${header}<presence/> \n<message to='a'><body>hi</body></message></stream:stream>\n`,
  )
  const [open, presence, message, close, ...more] = events(parser)
  assert.ok(open instanceof StreamOpen)
  assert.equal(open.name, 'stream')
  assert.equal(open.prefix, 'stream')
  assert.equal(open.ns, 'http://etherx.jabber.org/streams')
  assert.equal(open.defaultNs, 'jabber:client')
  assert.deepEqual(open.prefixes, ['stream', 'http://etherx.jabber.org/streams'])
  assert.equal(open.attr('to'), 'example.com')
  assert.ok(presence instanceof Element && presence.is('presence', 'jabber:client'))
  assert.ok(message instanceof Element)
  assert.equal(message.childText('body'), 'hi')
  assert.equal(close, CLOSE)
  assert.deepEqual(more, [])
})

test('reads a header in the stream namespace without prefix', () => {
  const parser = new XmlParser(preAuth)
  parser.feed("<stream xmlns='http://etherx.jabber.org/streams'><message xmlns='jabber:client'/>")
  const [open, message] = events(parser)
  assert.ok(open instanceof StreamOpen && open.prefix === '' && open.defaultNs === open.ns)
  assert.ok(message instanceof Element && message.is('message', 'jabber:client'))
})

test('tells an empty root as header and end', () => {
  const parser = new XmlParser(preAuth)
  parser.feed('<stream/>')
  const [open, close] = events(parser)
  assert.ok(open instanceof StreamOpen)
  assert.equal(close, CLOSE)
})

test('repeats its error for ever and hands out nothing after it', () => {
  const parser = stream()
  parser.feed('<message/><a></b><presence/>')
  const [message, error] = events(parser)
  assert.ok(message instanceof Element)
  assert.ok(error instanceof XmlError)
  parser.feed('<presence/>')
  assert.equal(parser.next(), error)
  parser.restart()
  assert.equal(parser.next(), error)
  assert.equal(parser.takeRest(), '')
})

test('refuses text between first-level elements but not whitespace', () => {
  assert.equal(lastError(stream(), ' \t\r\n', '<presence/>', ' '), undefined)
  assert.equal(lastError(stream(), '<presence/>x'), 'bad-format')
  assert.equal(lastError(stream(), '&#32;'), 'bad-format')
  assert.equal(lastError(stream(), '<![CDATA[ ]]>'), 'bad-format')
  assert.equal(lastError(stream(), '\0'), 'not-well-formed')
})

test('refuses comments, instructions, declarations and DTDs between first-level elements', () => {
  for (const wire of ['<!-- -->', '<?x?>', "<?xml version='1.0'?>", '<!DOCTYPE x>', '<!-', '<?']) {
    assert.equal(lastError(stream(), wire), 'restricted-xml', wire)
  }
})

test('refuses data after the end of the stream', () => {
  assert.equal(lastError(stream(), '</stream:stream> \n', '<'), 'not-well-formed')
  assert.equal(lastError(stream(), '</stream:stream>x'), 'not-well-formed')
  assert.equal(lastError(stream(), '</stream>'), 'not-well-formed')
})

test('begins a new document on restart, with the bytes that came already', () => {
  const parser = stream()
  parser.feed(`<success/>\n<?xml version='1.0'?>${header.slice(0, 20)}`)
  assert.ok(parser.next() instanceof Element)
  parser.restart()
  assert.equal(parser.next(), undefined)
  parser.feed(`${header.slice(20)}<presence/>`)
  const [open, presence] = events(parser)
  assert.ok(open instanceof StreamOpen)
  assert.ok(presence instanceof Element)
})

test('forgets the declarations of the old document on restart', () => {
  const parser = stream(authenticated, "<s xmlns='jabber:client' xmlns:p='urn:p'>")
  parser.restart()
  assert.equal(lastError(parser, '<s><p:x/>'), 'not-well-formed')
})

test('hands over bytes not yet consumed', () => {
  const parser = stream()
  parser.feed("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><iq ")
  assert.ok(parser.next() instanceof Element)
  assert.equal(parser.takeRest(), '<iq ')
  parser.feed('<iq')
  assert.equal(parser.next(), undefined)
  parser.feed(' id=')
  assert.equal(parser.takeRest(), '<iq id=')
  parser.feed('<iq/>')
  assert.ok(parser.next() instanceof Element)
  assert.equal(parser.takeRest(), '')
})

test('tolerates a UTF-8 byte order mark once, at the start', () => {
  const parser = new XmlParser(preAuth)
  for (const byte of `\xef\xbb\xbf<?xml version='1.0'?>${header}`) parser.feed(byte)
  assert.ok(parser.next() instanceof StreamOpen)
  assert.equal(lastError(new XmlParser(preAuth), '\xef\xbb\xbf\xef\xbb\xbf<a>'), 'not-well-formed')
  assert.equal(lastError(new XmlParser(preAuth), ' \xef\xbb\xbf<a>'), 'not-well-formed')
})

test('decodes text and attribute values', () => {
  const element = onlyElement(
    "<m a='&lt;\n\r\n&#10;\xc3\xa9'>\xc3\xa9\r\n\r&#13;<![CDATA[&<]]>&#x1F600;\xf0\x9f\x98\x80</m>",
  )
  assert.equal(element.attr('a'), '<  \n\u00e9')
  assert.deepEqual(element.children, ['\u00e9\n\n\r&<\u{1f600}\u{1f600}'])
})

test('decodes long text across its scratch', () => {
  const text = '\u{1f600}\u00e9x'.repeat(3000)
  assert.equal(onlyElement(`<m>${Buffer.from(text).toString('latin1')}</m>`).text(), text)
})

test('reads 40 000 numeric references', () => {
  assert.equal(onlyElement(`<m>${'&#x41;'.repeat(40_000)}</m>`).text(), 'A'.repeat(40_000))
})

test('names attributes by expanded name', () => {
  const element = onlyElement("<m xmlns:p='urn:p' p:a='1' xml:lang='en' a='2'/>")
  assert.deepEqual(element.attributes, ['{urn:p}a', '1', 'xml:lang', 'en', 'a', '2'])
})

test('uses prefixes of the stream header', () => {
  const head =
    "<stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' xmlns:stream='http://etherx.jabber.org/streams'>"
  assert.ok(onlyElement("<db:result to='a'/>", head).is('result', 'jabber:server:dialback'))
})

test('keeps inner content that means the same on another stream', () => {
  const reusable = [
    '<body>a &lt; b</body>',
    "<x xmlns='urn:x'><y/></x>",
    "<p:x xmlns:p='urn:x' p:a='1'/>",
    "<body xml:lang='en'>x</body>",
    "<x xmlns=''/>",
    "<f xmlns='urn:f'><message xmlns='jabber:client'><body/></message></f>",
    'text',
  ]
  for (const inner of reusable) assert.equal(onlyElement(`<message>${inner}</message>`).inner, inner, inner)
  assert.equal(onlyElement('<message/>').inner, '')
  assert.equal(onlyElement('<message></message>').inner, '')
  assert.equal(onlyElement("<message xmlns='jabber:client'><body/></message>").inner, '<body/>')
  assert.equal(onlyElement("<auth xmlns='urn:sasl'>QUJD</auth>").inner, 'QUJD')
})

test('drops inner content that needs its surroundings, or that a reader might take for something else', () => {
  const head = "<stream:stream xmlns='jabber:client' xmlns:p='urn:p' xmlns:stream='http://etherx.jabber.org/streams'>"
  const dropped = [
    '<message><p:x/></message>',
    "<message><x p:a='1'/></message>",
    "<message xmlns:q='urn:q'><q:x/></message>",
    "<message xmlns='urn:other'><body/></message>",
    '<stream:features><x/></stream:features>',
    "<q:message xmlns:q='jabber:client'><body/></q:message>",
    "<message><stream:error xmlns:stream='http://etherx.jabber.org/streams'/></message>",
    "<message><q:body xmlns:q='jabber:client'/></message>",
    "<message><body xmlns='jabber:client'/></message>",
    '<message><body><![CDATA[x]]></body></message>',
    '<message><body>a\r\nb</body></message>',
  ]
  for (const wire of dropped) assert.equal(onlyElement(wire, head).inner, undefined, wire)
  const bare = '<stream:stream xmlns:stream="http://etherx.jabber.org/streams">'
  assert.equal(onlyElement('<message><body/></message>', bare).inner, undefined)
})

test('keeps the same inner content when it comes in pieces', () => {
  const inner = "<body>hello world</body><x xmlns='urn:x'>1<y/></x>"
  const parser = stream()
  let element: unknown
  for (const byte of `<message a='b'>${inner}</message >`) {
    parser.feed(byte)
    element ??= parser.next()
  }
  assert.ok(element instanceof Element)
  assert.equal(element.inner, inner)
})

const small: XmlLimits = { bytes: 200, depth: 4, elements: 8, attributes: 3, nameLength: 12, prefixes: 3 }

test('accepts what is just inside the limits', () => {
  const text = 'x'.repeat(200 - '<a></a>'.length)
  for (const wire of [
    `<a>${text}</a>`,
    '<a><b><c><d/></c></b></a>',
    `<a>${'<b/>'.repeat(7)}</a>`,
    "<a b='1' c='2' d='3'/>",
    "<abcdefghijkl abcdefghijkl=''/>",
    "<a xmlns:p='1' xmlns:q='2' xmlns:r='3'/>",
  ]) {
    const parser = stream(small, '<s>')
    assert.equal(lastError(parser, wire.repeat(3)), undefined, wire)
    const slow = stream(small, '<s>')
    assert.equal(lastError(slow, ...wire.repeat(3)), undefined, wire)
  }
})

test('refuses what is just outside the limits, whole or byte by byte', () => {
  const text = 'x'.repeat(201 - '<a></a>'.length)
  for (const wire of [
    `<a>${text}</a>`,
    '<a><b><c><d><e/></d></c></b></a>',
    `<a>${'<b/>'.repeat(8)}</a>`,
    "<a b='1' c='2' d='3' e='4'/>",
    "<a xmlns='1' xmlns:p='2' c='2' d='3'/>",
    '<abcdefghijklm/>',
    "<a abcdefghijklm=''/>",
    "<a xmlns:p='1' xmlns:q='2'><b xmlns:r='3' xmlns:t='4'/></a>",
  ]) {
    assert.equal(lastError(stream(small, '<s>'), wire), 'policy-violation', wire)
    assert.equal(lastError(stream(small, '<s>'), ...wire), 'policy-violation', wire)
  }
})

test('refuses an endless token before it is complete', () => {
  for (const [begin, more] of [
    ['<message ', ' '],
    ['<message', 'e'],
    ["<message a='", 'x'],
    ['<message><body>', 'x'],
    ['<message><![CDATA[', 'x'],
    ['<message></message', ' '],
    ['<message><b/>', '<b/>'],
    ['<message>', '&amp;'],
  ] as const) {
    const parser = stream(small, '<s>')
    parser.feed(begin)
    let fed = begin.length
    while (parser.next() === undefined && fed < 1000) {
      parser.feed(more)
      fed += more.length
    }
    const error = parser.next()
    assert.ok(error instanceof XmlError && error.condition === 'policy-violation', begin)
    assert.ok(fed <= 200 + more.length, `${begin} kept ${fed} bytes`)
  }
})

test('limits the stream header and the declaration', () => {
  assert.equal(lastError(new XmlParser(small), `<s a='${'x'.repeat(200)}`), 'policy-violation')
  assert.equal(lastError(new XmlParser(small), `<s a='${'x'.repeat(200)}'>`), 'policy-violation')
  assert.equal(lastError(new XmlParser(small), `<?xml ${' '.repeat(200)}`), 'policy-violation')
})

test('counts the prefixes of the stream header with those inside', () => {
  const head = (count: number) => `<s${Array.from({ length: count }, (_, i) => ` xmlns:p${i}='urn:${i}'`).join('')}>`
  assert.equal(lastError(new XmlParser(small), head(3)), undefined)
  assert.equal(lastError(new XmlParser({ ...small, attributes: 9 }), head(4)), 'policy-violation')
  assert.equal(lastError(stream(small, head(2)), "<a xmlns:q='1'/>"), undefined)
  assert.equal(lastError(stream(small, head(2)), "<a xmlns:q='1' xmlns:r='2'/>"), 'policy-violation')
})

test('does not count whitespace between elements', () => {
  const parser = stream(small, '<s>')
  assert.equal(lastError(parser, ...Array.from({ length: 100 }, () => ' \n'.repeat(50)), '<a/>'), undefined)
})

test('uses new limits at once', () => {
  const parser = stream(small, '<s>')
  parser.setLimits(authenticated)
  assert.equal(lastError(parser, `<a>${'x'.repeat(500)}</a>`), undefined)
})

test('counts each element on its own', () => {
  const parser = stream(small, '<s>')
  assert.equal(lastError(parser, `<a>${'x'.repeat(150)}</a>`.repeat(5)), undefined)
})

test('reads deep and wide elements without recursion', () => {
  const limits: XmlLimits = { ...authenticated, bytes: 1e7, depth: 100_000, elements: 200_000 }
  const element = parseElement('<a>'.repeat(50_000) + '</a>'.repeat(50_000), limits)
  assert.ok(element instanceof Element)
  const wide = parseElement(`<a>${'<b/>'.repeat(50_000)}</a>`, limits)
  assert.ok(wide instanceof Element && wide.children.length === 50_000)
})

test('stays linear when a large element comes byte by byte', () => {
  const parser = stream()
  const wire = `<m a='${'v'.repeat(100_000)}'>${'t'.repeat(150_000)}</m>`
  let element: unknown
  for (const byte of wire) {
    parser.feed(byte)
    element ??= parser.next()
  }
  assert.ok(element instanceof Element)
  assert.equal(element.text().length, 150_000)
})

test('takes several chunks at once', () => {
  const parser = stream()
  for (const chunk of ['<a>', 'x', '</a><', 'b/>', '<c/>']) parser.feed(chunk)
  assert.equal(events(parser).length, 3)
})

test('is not confused by other parsers at work between its chunks', () => {
  const one = stream()
  const two = stream()
  one.feed("<a x='1'><b y='2'>one")
  two.feed("<c x='3'><d y='4'>two")
  assert.equal(one.next(), undefined)
  assert.equal(two.next(), undefined)
  one.feed('</b></a>')
  two.feed('</d></c>')
  const a = one.next()
  const c = two.next()
  assert.ok(a instanceof Element && a.childText('b') === 'one' && a.attr('x') === '1')
  assert.ok(c instanceof Element && c.childText('d') === 'two' && c.child('d')?.attr('y') === '4')
})
