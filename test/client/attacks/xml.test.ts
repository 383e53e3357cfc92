/** What is no XML, or more of it than anybody wants, from the server: S01–S20 of the catalogue against a client (S128). */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { archive, bookmarks, carbons, chat, disco, rooms, roster } from '@rookery/client/node'
import { NS } from '@rookery/protocol'
import { el } from '@rookery/protocol/xml'
import { HostileServer } from '../harness/hostile-server.ts'
import { body, failsToLogIn, mallory, Victim } from '../support/victim.ts'

const message = (inner: string, attributes = ''): string => `<message from='${mallory}'${attributes}>${inner}</message>`
const utf8 = (text: string): string => Buffer.from(text).toString('latin1')
const repeat = (count: number, make: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join('')
const entities = "<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>"

/** Bytes that nobody sends who means well. */
const tooMuch = 20 << 20

/** Wire strings that end the stream: each with a number of the catalogue. */
const broken: readonly [what: string, wire: string][] = [
  ['S01 a DOCTYPE with entities', `<!DOCTYPE s [${entities}]>${message('<body>&b;</body>')}`],
  ['S01 a DOCTYPE within a stanza', message(`<!DOCTYPE s [${entities}]><body>&b;</body>`)],
  ['S02 an external entity', "<!DOCTYPE s SYSTEM 'http://127.0.0.1:1/x'>"],
  ['S02 a file', message("<!DOCTYPE s [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><body>&e;</body>")],
  ['S04 an entity that nobody has declared', message('<body>&l.;&foo;</body>')],
  ['S04 an entity without an end', message(`<body>&${'a'.repeat(5_000)};</body>`)],
  ['S05 a comment', message('<!-- x --><body>a</body>')],
  ['S05 a comment between stanzas', '<!-- x -->'],
  ['S05 a processing instruction', '<?foo bar?>'],
  ['S05 a second declaration', "<?xml version='1.0'?>"],
  ['S06 bytes that are no UTF-8 within a name', message("<body><aaa\xEB/><\xEB><iq from='localhost'/></body>")],
  ...[
    '\xC0\xBC',
    '\xE0\x80\xBC',
    '\xED\xA0\x80',
    '\xF4\x90\x80\x80',
    '\xFF',
    '\xE2\x82',
    '\x80',
    '\xF8\x88\x80\x80\x80',
  ].map((bytes): [string, string] => [
    `S06 ${Buffer.from(bytes, 'latin1').toString('hex')}`,
    message(`<body>${bytes}</body>`),
  ]),
  ['S07 U+0001 in a namespace', "<message xmlns='jabber:client&#x1;evil'/>"],
  ['S12 U+0000', message('<body>\0</body>')],
  ['S12 U+0000 by reference', message('<body>&#0;</body>')],
  ['S12 U+001F in an attribute', message('', " id='\x1F'")],
  ['S12 U+FFFE', message(`<body>${utf8('\uFFFE')}</body>`)],
  ['S12 a reference to a surrogate', message('<body>&#xD800;</body>')],
  ['S12 a reference beyond Unicode', message('<body>&#x110000;&#99999999999999999999;</body>')],
  ['S13 a byte order mark of UTF-16', '\xFE\xFF\0<\0m'],
  ['S14 a byte order mark in the middle', '\xEF\xBB\xBF<message/>'],
  ['S17 a start tag without end', `<message ${' '.repeat(tooMuch)}`],
  ['S17 an attribute without end', `<message id='${'x'.repeat(tooMuch)}`],
  ['S17 a text without end', `<message><body>${'x'.repeat(tooMuch)}`],
  ['S17 a name without end', `<${'m'.repeat(tooMuch)}`],
  ['S18 an attribute twice', "<iq id='1' id='2' type='get'/>"],
  ['S18 an attribute twice by prefixes', "<iq xmlns:a='u' xmlns:b='u' a:x='1' b:x='2'/>"],
  ['S18 a namespace twice', "<iq xmlns='u' xmlns='v'/>"],
  ['S18 a prefix that nobody has declared', '<x:iq/>'],
  ['S18 the prefix xml for something else', "<iq xmlns:xml='urn:x'/>"],
  ['S20 tags that cross', message('<a><b></a></b>')],
  ['S20 text between stanzas', 'hello'],
  ['S20 an end without a beginning', '</message>'],
  ['S20 <', message('<body>a < b</body>')],
  ['S20 ]]>', message('<body>]]></body>')],
]

for (const transport of ['xmpps', 'wss'] as const) {
  describe(`S128: broken XML over ${transport}`, () => {
    for (const [what, wire] of broken) {
      // over WebSocket each frame is a document of its own: these are none either, or do not exist there
      test(`S128: ${what} ends the stream; the client comes back and goes on`, async () => {
        await using server = await HostileServer.start()
        await using victim = await Victim.login(server, { service: server.service[transport] })
        server.connection.put(wire)
        await victim.reaches('waiting')
        const state = victim.states.at(-1)
        assert.ok(state?.name === 'waiting' && state.reason.kind === 'connect', `${state?.name}`)
        assert.equal(state.reason.reason, 'bad-answer')
        assert.deepEqual(victim.bodies, [], 'nothing of it was told')
        // in a new session: the old one would begin with the same bytes again
        assert.partialDeepStrictEqual(await victim.reaches('online'), { resumed: false })
        const to = victim.jid
        server.route(el('message', NS.client, { to, from: mallory }, [body('after')]))
        await victim.settled()
        assert.deepEqual(victim.bodies, ['after'])
      })
    }
  })
}

/**
 * More than is read of one element. Anybody can send it where a server lets it pass, and a server would begin the next stream with it as well: so it
 * is left out, and the stream goes on.
 */
const large: readonly [what: string, wire: string][] = [
  ['S15 deep nesting', message('<a>'.repeat(10_000) + '</a>'.repeat(10_000))],
  ['S15 deep nesting in one text', message(`${'<a>'.repeat(300)}${'x'.repeat(100_000)}${'</a>'.repeat(300)}`)],
  ['S16 many elements', message('<a/>'.repeat(300_000))],
  ['S16 many attributes', `<message ${repeat(20_000, (i) => `a${i}='' `)}/>`],
  ['S16 many attributes within', message(`<a ${repeat(20_000, (i) => `a${i}='>' `)}/>`)],
  ['S16 many namespaces', `<message ${repeat(5_000, (i) => `xmlns:a${i}='u:${i}' `)}/>`],
  [
    'S16 many declared one in the other',
    message(repeat(5_000, (i) => `<a${i} xmlns='u:${i}'>`) + repeat(5_000, (i) => `</a${4_999 - i}>`)),
  ],
  ['S17 a long text', message(`<body>${'x'.repeat(8 << 20)}</body>`)],
  ['S17 a long name', message(`<${'m'.repeat(8 << 20)}/>`)],
  ['S17 a long attribute', `<message id='${'m'.repeat(8 << 20)}'/>`],
]

describe('S128: more than is read', () => {
  for (const transport of ['xmpps', 'wss'] as const)
    for (const [what, wire] of large)
      test(`S128: ${what} over ${transport} is left out, told, and the stream goes on`, async () => {
        await using server = await HostileServer.start()
        await using victim = await Victim.login(server, { service: server.service[transport], use: [chat] })
        const omitted: string[] = []
        victim.client.on('omitted', ({ name }) => omitted.push(name))
        const before = victim.states.length
        server.connection.put(wire)
        server.route(el('message', NS.client, { to: victim.jid, from: mallory }, [body('after')]))
        await victim.settled()
        assert.deepEqual(victim.bodies, ['after'])
        assert.equal(victim.states.length, before)
        assert.deepEqual(victim.errors, [])
        assert.deepEqual(omitted, ['message'])
      })
})

/** Odd, and allowed: it harms nobody and the stream goes on. */
const odd: readonly [what: string, wire: string, bodies: readonly (string | undefined)[]][] = [
  ['S03 many references', message(`<body>${'&#x41;'.repeat(40_000)}</body>`), ['A'.repeat(40_000)]],
  [
    'S07 namespaces that look like another',
    "<message xmlns='jabber:client}x'><body>x</body></message><m xmlns='a&#10;b'/>",
    [],
  ],
  [
    'S08 errors and streams within a stanza',
    message(
      `<stream:error xmlns:stream='${NS.streams}'><conflict xmlns='${NS.streamErrors}'/></stream:error><stream:stream xmlns:stream='${NS.streams}'/><body>inert</body>`,
    ),
    ['inert'],
  ],
  [
    'S08 a stream within the stream',
    `<stream:stream xmlns:stream='${NS.streams}' xmlns='${NS.client}' version='1.0'>${message('<body>no</body>')}</stream:stream>`,
    [],
  ],
  [
    'S09 another prefix',
    `<q:message xmlns:q='${NS.client}' from='${mallory}'><q:body>prefixed</q:body></q:message>`,
    ['prefixed'],
  ],
  ['S09 a body of another namespace', message("<body xmlns='urn:x'>no</body>"), [undefined]],
  [
    'S10 everything escaped',
    message('<body>&apos;&quot;&lt;&gt;&amp;]]&gt;&#x9;&#xA;&#xD;&#x2028;</body>'),
    ['\'"<>&]]>\t\n\r\u2028'],
  ],
  ['S10 CDATA', message('<body><![CDATA[<b>&amp;</b>]]></body>'), ['<b>&amp;</b>']],
  ['S16 elements that are allowed', message(`${'<a/>'.repeat(250_000)}<body>many</body>`), ['many']],
  ['S17 a text that is allowed', message(`<body>${'x'.repeat(7_000_000)}</body>`), ['x'.repeat(7_000_000)]],
  ['S15 nesting that is allowed', message(`${'<a>'.repeat(200)}${'</a>'.repeat(200)}<body>deep</body>`), ['deep']],
  ['elements that nobody knows', "<x xmlns='urn:x'/><message/><presence/><iq/><body/>", [undefined]],
  ['stanzas of other namespaces', "<message xmlns='jabber:server'><body>x</body></message>", []],
  [
    'addresses that are none',
    `<message from='@@'><body>x</body></message><presence from='/'/><iq from='' type='get' id='1'><x xmlns='u'/></iq>`,
    [],
  ],
]

describe('S128: odd XML', () => {
  for (const [what, wire, bodies] of odd)
    test(`S128: ${what} harms nobody`, async () => {
      await using server = await HostileServer.start()
      await using victim = await Victim.login(server, { use: [chat, carbons, roster, disco, rooms] })
      const before = victim.states.length
      server.connection.put(wire)
      await victim.settled()
      assert.deepEqual(victim.bodies, bodies)
      assert.equal(victim.states.length, before)
      assert.deepEqual(victim.errors, [])
    })

  test('S128: S14 ten megabytes of white space are read and not kept', async () => {
    await using server = await HostileServer.start()
    await using victim = await Victim.login(server)
    for (let i = 0; i < 10; i++) server.connection.put('\n '.repeat(524_288))
    await victim.settled()
    assert.equal(server.connections.length, 1)
  })

  test('S128: S20 a session that comes byte by byte is the same', async () => {
    await using server = await HostileServer.start()
    await using victim = await Victim.login(server)
    const wire = utf8(message('<body>wherefore ä € 𝄞 &lt;</body>', " id='ü'"))
    await server.connection.trickle(
      wire,
      Array.from({ length: wire.length - 1 }, (_, i) => i + 1),
    )
    server.connection.put(wire.repeat(20))
    await victim.settled()
    assert.deepEqual(
      victim.bodies,
      Array.from({ length: 21 }, () => 'wherefore ä € 𝄞 <'),
    )
  })
})

const headers: readonly [what: string, header: string][] = [
  ['S19 another namespace', `<stream:stream xmlns='${NS.client}' xmlns:stream='evil' version='1.0' id='1'>`],
  ['S19 none', "<stream version='1.0'>"],
  ['S19 of servers', `<stream:stream xmlns='jabber:server' xmlns:stream='${NS.streams}' version='1.0' id='1'>`],
  ['S19 no version', `<stream:stream xmlns='${NS.client}' xmlns:stream='${NS.streams}' id='1'>`],
  ['S19 another element', `<flow:flow xmlns='${NS.client}' xmlns:flow='${NS.streams}' version='1.0' id='1'>`],
  [
    'S13 another encoding',
    `<?xml version='1.0' encoding='UTF-16'?><stream:stream xmlns='${NS.client}' xmlns:stream='${NS.streams}' version='1.0'>`,
  ],
  [
    'S01 a DOCTYPE before it',
    `<!DOCTYPE s [${entities}]><stream:stream xmlns='${NS.client}' xmlns:stream='${NS.streams}' version='1.0'>`,
  ],
  ['S17 one without end', `<stream:stream ${'x'.repeat(1_000_000)}`],
  ['HTTP', 'HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n'],
  ['SSH', 'SSH-2.0-OpenSSH_9.9\r\n'],
  ['nothing that means anything', '\x16\x03\x01\0\0'],
]

describe('S128: headers', () => {
  for (const [what, header] of headers)
    test(`S128: ${what}: no login is begun`, async () => {
      await using server = await HostileServer.start()
      server.script.header = (_, connection) => {
        connection.put(header)
        return undefined
      }
      const error = await failsToLogIn(server, { service: server.service.xmpps, attemptTimeout: 15_000 })
      assert.partialDeepStrictEqual(error, { kind: 'connect', reason: 'bad-answer' })
      // but for what is wrong with it
      assert.deepEqual(
        server.received().filter(({ name }) => name !== 'error'),
        [],
      )
    })

  test('S128: elements without end before the login are not kept', async () => {
    await using server = await HostileServer.start()
    server.script.features = (offered, connection) => {
      for (let i = 0; i < 5_000; i++) connection.put("<x xmlns='urn:x'/>")
      return offered
    }
    assert.partialDeepStrictEqual(await failsToLogIn(server, { service: server.service.xmpps }), { kind: 'connect' })
    assert.deepEqual(server.received('auth'), [])
  })
})

test('S128: a server that breaks each stream is tried again ever later', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server, { use: [archive, bookmarks] })
  server.script.header = (_, connection) => {
    connection.put('<broken')
    connection.put('<')
    return undefined
  }
  server.connection.put('<')
  await server.journal.until(() => server.connections.length >= 6)
  const attempts = victim.states.flatMap((state) => (state.name === 'waiting' ? [state.attempt] : []))
  assert.deepEqual(attempts.slice(0, 5), [1, 2, 3, 4, 5], 'each counts as one more')
  server.script = {}
  await victim.reaches('online')
})
