/** What is in messages and events: private data by others, markup, links, names and slots (S123–S126). */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { setDefaultCACertificates } from 'node:tls'
import {
  bookmarks,
  type ChatMessage,
  carbons,
  chat,
  displayed,
  type FileOffer,
  files,
  filesOf,
  mood,
  nick,
  richTextOf,
  roster,
  styledTextOf,
  upload,
} from '@rookery/client/node'
import { NS } from '@rookery/protocol'
import { BOOKMARKS_NS } from '@rookery/protocol/xeps/bookmarks'
import { parseXmppUri } from '@rookery/protocol/xeps/xmpp-uri'
import { Element, el, parseElement, toWire } from '@rookery/protocol/xml'
import { HostileServer } from '../harness/hostile-server.ts'
import { makeTrust } from '../harness/trust.ts'
import { body, mallory, Victim } from '../support/victim.ts'

const EVENT_NS = 'http://jabber.org/protocol/pubsub#event'
const event = (node: string, id: string, payload: Element | undefined): Element =>
  el('event', EVENT_NS, {}, [el('items', EVENT_NS, { node }, [el('item', EVENT_NS, { id }, [payload])])])
const room = 'orchard@rooms.e.example'
const conference = el('conference', BOOKMARKS_NS, { autojoin: 'true', name: 'forged' })
const DISPLAYED_NS = 'urn:xmpp:mds:displayed:0'
const upTo = el('displayed', DISPLAYED_NS, {}, [el('stanza-id', 'urn:xmpp:sid:0', { id: 'x', by: 'romeo@localhost' })])

test('S123: events of private nodes are believed of the own account alone', async () => {
  await using server = await HostileServer.start({
    roster: [el('item', NS.roster, { jid: mallory, subscription: 'both' })],
  })
  await using victim = await Victim.login(server, { use: [bookmarks, displayed, carbons, roster] })
  const { client } = victim
  const told: string[] = []
  client.on('bookmark', ({ room: where }) => void told.push(where.toString()))
  client.on('displayed', ({ chat: where }) => void told.push(where.toString()))
  const payloads = [event(BOOKMARKS_NS, room, conference), event(DISPLAYED_NS, 'juliet@localhost', upTo)]
  const removals = [BOOKMARKS_NS, DISPLAYED_NS].flatMap((node) => [
    el('event', EVENT_NS, {}, [
      el('items', EVENT_NS, { node }, [el('retract', EVENT_NS, { id: 'true@rooms.localhost' })]),
    ]),
    el('event', EVENT_NS, {}, [el('purge', EVENT_NS, { node })]),
    el('event', EVENT_NS, {}, [el('delete', EVENT_NS, { node })]),
  ])
  victim.receive({ from: 'romeo@localhost' }, [event(BOOKMARKS_NS, 'true@rooms.localhost', conference)])
  for (const from of [
    mallory,
    `${mallory}/a`,
    'localhost',
    'romeo@localhost/other',
    victim.jid,
    'romeo@e.example',
    room,
    `${room}/romeo`,
  ])
    for (const type of ['headline', 'normal', 'chat', 'groupchat', undefined])
      for (const payload of [...payloads, ...removals]) victim.receive({ from, type }, [payload])
  await victim.settled()
  assert.deepEqual(told, ['true@rooms.localhost'])
  assert.deepEqual(
    client.bookmarks.all.map((one) => one.room.toString()),
    ['true@rooms.localhost'],
  )
  assert.deepEqual(client.displayed.all, [])
})

test('S123: what somebody else publishes is theirs, whomever they name as its publisher', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server, { use: [mood, nick] })
  const told: string[] = []
  victim.client.on('mood', ({ jid }) => void told.push(jid.toString()))
  victim.client.on('nick', ({ jid }) => void told.push(jid.toString()))
  const happy = el('mood', 'http://jabber.org/protocol/mood', {}, [el('happy', 'http://jabber.org/protocol/mood')])
  const payload = el('event', EVENT_NS, {}, [
    el('items', EVENT_NS, { node: 'http://jabber.org/protocol/mood' }, [
      el('item', EVENT_NS, { id: 'current', publisher: 'juliet@localhost' }, [happy]),
    ]),
  ])
  victim.receive({ from: mallory, type: 'headline' }, [payload])
  victim.receive({ from: `${mallory}/a`, type: 'headline' }, [payload])
  await victim.settled()
  assert.deepEqual(told, [mallory])
  assert.equal(victim.client.mood.known('juliet@localhost'), undefined)
})

/** What an application gets of a message with this in it. */
async function read(children: readonly (Element | string)[]): Promise<ChatMessage> {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server, { use: [chat] })
  const found: ChatMessage[] = []
  victim.client.on('chat', (message) => void found.push(message))
  victim.receive({ from: `${mallory}/a`, type: 'chat', id: '1' }, children)
  await victim.settled()
  assert.equal(found.length, 1)
  return found[0]!
}

const html = (inner: string): Element => {
  const wire = toWire(
    `<html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'>${inner}</body></html>`,
  )
  const read = parseElement(wire)
  assert.ok(read instanceof Element)
  return read
}

test('S124: nothing of XHTML-IM is markup, and no link leads to a script', async () => {
  const evil = [
    '<script>alert(1)</script>',
    "<p onclick='alert(1)'>x</p>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' JaVaScRiPt:alert(1)'>x</a>",
    "<a href='java&#10;script:alert(1)'>x</a>",
    "<a href='&#1;javascript:alert(1)'>x</a>".replace('&#1;', '\u200b'),
    "<a href='data:text/html,&lt;script>alert(1)&lt;/script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "<a href='file:///etc/passwd'>x</a>",
    "<a href='blob:https://localhost/x'>x</a>",
    "<a href='//e.example'>x</a>",
    "<a href='/relative'>x</a>",
    "<a href='https://bank.example@e.example/'>x</a>",
    "<a href='https:\\\\e.example'>x</a>",
    "<a href='https://x/\u202egpj.exe'>x</a>",
    "<img src='javascript:alert(1)' alt='x'/>",
    "<img src='data:image/svg+xml,x' alt='x'/>",
    "<img src='x' onerror='alert(1)' alt='x'/>",
    "<p style='background:url(javascript:alert(1));behavior:url(x);position:fixed'>x</p>",
    "<p style='color:expression(alert(1))'>x</p>",
    "<iframe src='https://e.example'/><object data='x'/><embed src='x'/><form action='x'><input/></form>",
    "<style src='https://e.example'>p { }</style>",
    "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "<base href='https://e.example'/><meta http-equiv='refresh' content='0'/><link href='x'/>",
  ]
  const message = await read([body('x'), html(evil.join(''))])
  const seen = JSON.stringify(richTextOf(message))
  for (const word of [
    /javascript/i,
    /vbscript/i,
    /data:/,
    /file:/,
    /blob:/,
    /onclick|onerror/,
    /url\(/,
    /expression/,
    /e\.example/,
    /behavior|position/,
    /relative/,
    /exe/,
  ])
    assert.doesNotMatch(seen, word)
  for (const node of JSON.parse(seen) as { type?: string }[])
    if (typeof node === 'object') assert.match(node.type ?? '', /^(paragraph|link|span|image)$/)
})

test('S124: text that is to be styled, and is made to be slow or deep, is neither', async () => {
  const bombs = [
    '>'.repeat(50_000),
    '> '.repeat(25_000),
    '*'.repeat(50_000),
    '*a'.repeat(25_000),
    '*_~`'.repeat(12_000),
    '`'.repeat(50_000),
    '```\n'.repeat(12_000),
    '\n'.repeat(50_000),
    `${'*a _b ~c '.repeat(5_000)}`,
    `${'_'.repeat(25_000)} ${'_'.repeat(25_000)}`,
  ]
  for (const bomb of bombs) {
    const message = await read([body(bomb)])
    const begin = performance.now()
    const styled = styledTextOf(message)
    assert.ok(performance.now() - begin < 2_000, bomb.slice(0, 10))
    assert.ok(styled !== undefined)
    // not so deep that an application that walks it falls
    assert.doesNotThrow(() => JSON.stringify(styled))
  }
  const deep = `${'<blockquote>'.repeat(200)}x${'</blockquote>'.repeat(200)}`
  const read200 = richTextOf(await read([body('x'), html(deep)]))
  assert.ok((JSON.stringify(read200).match(/"quote"/g)?.length ?? 0) <= 40)
})

test('S124: links beside the text that are none are not told as files', async () => {
  const urls = [
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'blob:x',
    'about:blank',
    'https://bank.example@e.example/',
    'https:e.example',
    ' ',
    '../x',
    `https://e.example/${'x'.repeat(10_000)}`,
    'https://e.example/\u202ex',
  ]
  const message = await read([
    body('x'),
    ...urls.map((url) => el('x', 'jabber:x:oob', {}, [el('url', 'jabber:x:oob', {}, url)])),
    el('x', 'jabber:x:oob', {}, [el('url', 'jabber:x:oob', {}, 'https://e.example/rose.jpg')]),
  ])
  assert.deepEqual(
    filesOf(message).flatMap((file) => file.urls),
    ['https://e.example/rose.jpg'],
  )
})

test('S124: addresses of xmpp: do nothing by themselves, and those that are none are not read', () => {
  assert.partialDeepStrictEqual(parseXmppUri('xmpp:romeo@localhost?remove'), { action: 'remove' })
  for (const text of [
    'xmpp:',
    'xmpp:?message',
    'xmpp:@',
    'xmpp:romeo@localhost%00',
    'xmpp:romeo@localhost?message;body=%',
    'xmpp:romeo@localhost?message;body=%ff',
    'javascript:romeo@localhost',
    ' xmpp:',
  ])
    assert.equal(parseXmppUri(text)?.keys.get('body'), undefined, text)
  assert.equal(parseXmppUri('xmpp:'), undefined)
  assert.equal(parseXmppUri('javascript:x'), undefined)
})

test('S124: names of contacts that look like others stay what they are', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server, { use: [chat] })
  const peers: string[] = []
  victim.client.on('chat', ({ peer }) => void peers.push(peer.toString()))
  for (const from of [
    'jul\u0456et@localhost',
    'juliet\u200b@localhost',
    'juliet\u202e@localhost',
    'ＪＵＬＩＥＴ@localhost',
    'juliet@1ocalhost',
    'x'.repeat(2_000),
  ])
    victim.receive({ from, type: 'chat' }, [body('x')])
  await victim.settled()
  // fullwidth letters are the same letters [RFC8265 3.3.1]; what cannot be in an address is not told at all
  assert.deepEqual(peers, ['jul\u0456et@localhost', 'juliet@localhost', 'juliet@1ocalhost'])
})

const evilNames: readonly [given: string, taken: string | undefined][] = [
  ['../../.bashrc', '.bashrc'],
  ['..\\..\\boot.ini', 'boot.ini'],
  ['/etc/passwd', 'passwd'],
  ['C:\\windows\\system32\\x.dll', 'x.dll'],
  ['C:x', 'C_x'],
  ['file.txt:stream', 'file.txt_stream'],
  ['..', undefined],
  ['.', undefined],
  ['...', undefined],
  ['a/..', undefined],
  ['/', undefined],
  ['rose\u202egpj.exe', 'rosegpj.exe'],
  ['rose\u200b.jpg', 'rose.jpg'],
  ['rose.jpg. . ', 'rose.jpg'],
  ['a\nb\tc', 'abc'],
  ['<b>|"?*', '_b____' + '_'],
  [`${'x'.repeat(1_000)}.jpg`, `${'x'.repeat(196)}.jpg`],
]

test('S125: names of files are names, and no ways to somewhere', async () => {
  const share = (name: string): Element =>
    el('file-sharing', 'urn:xmpp:sfs:0', {}, [
      el('file', 'urn:xmpp:file:metadata:0', {}, [el('name', 'urn:xmpp:file:metadata:0', {}, name)]),
    ])
  for (const [given, taken] of evilNames) {
    const [file] = filesOf(await read([body('x'), share(given)]))
    assert.equal(file?.name, taken, JSON.stringify(given))
  }
})

test('S125: the same of files that are offered to this device', async () => {
  await using server = await HostileServer.start()
  await using victim = await Victim.login(server, { use: [files] })
  const offers: FileOffer[] = []
  victim.client.on('file:offered', (offer) => void offers.push(offer))
  const FILE_NS = 'urn:xmpp:jingle:apps:file-transfer:5'
  const offer = (name: string, sid: string, size: string): Element =>
    el('jingle', 'urn:xmpp:jingle:1', { action: 'session-initiate', initiator: `${mallory}/a`, sid }, [
      el('content', 'urn:xmpp:jingle:1', { creator: 'initiator', name: 'a', senders: 'initiator' }, [
        el('description', FILE_NS, {}, [
          el('file', FILE_NS, {}, [el('name', FILE_NS, {}, name), el('size', FILE_NS, {}, size)]),
        ]),
        el('transport', 'urn:xmpp:jingle:transports:ibb:1', { 'block-size': '4096', sid: `ibb-${sid}` }),
      ]),
    ])
  for (const [i, [given]] of evilNames.entries()) {
    const from = `${mallory}/a`
    server.connection.send(
      el('iq', NS.client, { type: 'set', id: `o${i}`, from, to: victim.jid }, [offer(given, `s${i}`, '10')]),
    )
    await victim.settled()
    offers.at(-1)?.decline()
  }
  assert.deepEqual(
    offers.map(({ name }) => name),
    evilNames.map(([, taken]) => taken),
  )
  for (const size of ['-1', 'x', '', '1e9', '99999999999999999999'])
    server.connection.send(
      el('iq', NS.client, { type: 'set', id: `n${size}`, from: `${mallory}/a`, to: victim.jid }, [
        offer('x', `n${size}`, size),
      ]),
    )
  await victim.settled()
  assert.equal(offers.length, evilNames.length)
})

const UPLOAD_NS = 'urn:xmpp:http:upload:0'
const slotOf = (put: string, get: string, headers: readonly (readonly [string, string])[] = []): Element =>
  el('slot', UPLOAD_NS, {}, [
    el(
      'put',
      UPLOAD_NS,
      { url: put },
      headers.map(([name, value]) => el('header', UPLOAD_NS, { name }, value)),
    ),
    el('get', UPLOAD_NS, { url: get }),
  ])

/** A client that uploads a file, and a service that answers with this slot. */
async function uploads(slot: Element): Promise<Record<string, unknown>> {
  await using server = await HostileServer.start({ disco: [UPLOAD_NS] })
  server.script.receive = (element, connection) => {
    if (element.firstElement()?.ns !== UPLOAD_NS) return false
    connection.reply(element, slot)
    return true
  }
  await using victim = await Victim.login(server, { use: [upload] })
  return await victim.client.upload.send(new Blob(['secret']), { name: 'x' }).then(
    (sent) => ({ ...sent }),
    (error: Error) => ({ ...error, message: error.message }),
  )
}

test('S126: a slot in the clear, or at no place of the web, gets nothing', async (t) => {
  const asked: string[] = []
  const http = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.end()
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  t.after(() => http.close())
  const { port } = http.address() as AddressInfo
  const good = 'https://127.0.0.1:1/x'
  for (const url of [
    `http://127.0.0.1:${port}/x`,
    `HTTP://127.0.0.1:${port}/x`,
    `ftp://127.0.0.1:${port}/x`,
    'file:///etc/passwd',
    'javascript:alert(1)',
    `https://user@127.0.0.1:${port}/x`,
    `//127.0.0.1:${port}/x`,
    '',
  ]) {
    const broken = { kind: 'unexpected-answer' }
    assert.partialDeepStrictEqual(await uploads(slotOf(url, good)), broken, url)
    assert.partialDeepStrictEqual(await uploads(slotOf(good, url)), broken, url)
  }
  assert.deepEqual(asked, [])
})

test('S126: headers of a slot are the three that are allowed, a line each', async (t) => {
  const asked: IncomingMessage[] = []
  const trust = makeTrust()
  const { certificate: cert, key } = trust.issue('localhost')
  const https = createSecureServer({ cert, key }, (request, response) => {
    asked.push(request)
    request.resume()
    if (request.url === '/elsewhere') response.writeHead(307, { location: '/there' }).end()
    else response.writeHead(201).end()
  })
  https.listen(0, '127.0.0.1')
  await once(https, 'listening')
  t.after(() => https.close())
  setDefaultCACertificates([trust.ca])
  const url = `https://localhost:${(https.address() as AddressInfo).port}/x`
  const sent = await uploads(
    slotOf(url, url, [
      ['Authorization', 'Basic x\r\nX-Evil: 1'],
      ['Cookie', 'a=b\nHost: e.example'],
      ['X-Evil', '2'],
      ['Host', 'e.example'],
      ['Content-Length', '0'],
      ['Transfer-Encoding', 'chunked'],
      ['Expires\r\nX-Evil', '3'],
    ]),
  )
  assert.equal(sent['url'], url)
  const [put] = asked
  assert.equal(put?.method, 'PUT')
  assert.equal(put.headers['x-evil'], undefined)
  assert.equal(put.headers.host, new URL(url).host)
  assert.equal(put.headers.authorization, 'Basic xX-Evil: 1')
  assert.equal(put.headers.cookie, 'a=bHost: e.example')
  // and the file goes nowhere else
  const redirected = await uploads(slotOf(url.replace(/x$/, 'elsewhere'), url))
  assert.equal(redirected['kind'], 'upload')
  assert.deepEqual(
    asked.map((request) => request.url),
    ['/x', '/elsewhere'],
  )
})
