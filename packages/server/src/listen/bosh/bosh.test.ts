import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { describe, test } from 'node:test'
import { NS } from '@rookery/protocol'
import { createServer, type Server, type ServerOptions } from '@rookery/server'
import { FakeClock } from '@rookery/testkit'
import { type Answer, BoshClient, httpBind } from '../../../test/bosh-client.ts'
import { portOf } from '../../../test/websocket-client.ts'

const listen = { address: '127.0.0.1', c2s: false, tls: false, http: 0, httpAddress: '127.0.0.1', https: 0 } as const
const ping = (id: string): string =>
  `<iq xmlns='jabber:client' type='get' id='${id}' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>`

async function start(options: ServerOptions = {}): Promise<Server> {
  const server = await createServer({ ...options, listen, auth: { iterations: 4096 } })
  await server.start()
  for (const local of ['romeo', 'juliet']) await server.accounts('localhost').create(local, 'secret')
  return server
}

const conditionOf = ({ body }: Answer): string | undefined =>
  body?.attr('type') === 'terminate' ? body.attr('condition') : undefined

const idsOf = ({ body }: Answer): (string | undefined)[] =>
  [...(body?.childElements() ?? [])].map((element) => element.attr('id'))

/** A request that is being held by the server: the one before it has been answered because of it. */
async function holding(client: BoshClient): Promise<{ answer: Promise<Answer> }> {
  const before = client.post()
  const answer = client.post()
  assert.equal((await before).text, `<body xmlns='${httpBind}'/>`)
  return { answer }
}

describe('a session', () => {
  test('is created with the features of the stream [XEP-0124 7.2, XEP-0206 4]', async () => {
    await using server = await start()
    const client = new BoshClient(server)
    const body = await client.open({ wait: 999_999, hold: 99, ver: '1.6' })
    assert.equal(body.ns, httpBind)
    for (const [name, value] of Object.entries({
      wait: '120',
      hold: '2',
      requests: '3',
      inactivity: '60',
      maxpause: '120',
      polling: '2',
      ver: '1.6',
      from: 'localhost',
      '{urn:xmpp:xbosh}version': '1.0',
      '{urn:xmpp:xbosh}restartlogic': 'true',
    }))
      assert.equal(body.attr(name), value, name)
    assert.ok(body.attr('authid'))
    assert.ok(client.sid.length >= 22, 'an id of at least 128 bits')
    assert.ok(body.child('features', NS.streams)?.child('mechanisms', NS.sasl))
    assert.equal(body.child('features', NS.streams)?.child('starttls', NS.tls), undefined)
    assert.equal(body.child('features', NS.streams)?.child('sasl-channel-binding', 'urn:xmpp:sasl-cb:0'), undefined)
  })

  test('logs in, restarts the stream, binds, and is answered [XEP-0206 5]', async () => {
    await using server = await start()
    const client = new BoshClient(server)
    assert.match(await client.login(), /^romeo@localhost\//)
    const answer = await client.ask(ping('p'), 'iq')
    assert.deepEqual([answer.ns, answer.attr('id'), answer.attr('type')], [NS.client, 'p', 'result'])
  })

  test('has an id that says nothing of the next', async () => {
    await using server = await start()
    const ids = new Set<string>()
    for (let i = 0; i < 20; i++) {
      const client = new BoshClient(server)
      await client.open()
      ids.add(client.sid.slice(0, 8))
    }
    assert.equal(ids.size, 20)
  })

  test('takes stanzas that leave their namespace out, and text beyond ASCII [XEP-0206 2]', async () => {
    await using server = await start()
    const romeo = new BoshClient(server)
    const juliet = new BoshClient(server)
    const [from, to] = [await romeo.login(), await juliet.login('juliet')]
    const news = juliet.post()
    await romeo.ask(`<message type='chat' to='${to}'><body>Grüße 🌹</body></message>${ping('p')}`, 'iq')
    const message = [...(await news).body!.childElements()][0]!
    assert.deepEqual([message.ns, message.attr('from'), message.childText('body')], [NS.client, from, 'Grüße 🌹'])
  })

  test('ends when the client says so, after what it says with it [XEP-0124 13]', async () => {
    await using server = await start()
    const romeo = new BoshClient(server)
    const juliet = new BoshClient(server)
    await romeo.login()
    const to = await juliet.login('juliet')
    const news = juliet.post()
    const held = romeo.post()
    const last = romeo.post(
      { type: 'terminate' },
      `<message xmlns='jabber:client' to='${to}'><body>Adieu</body></message>`,
    )
    const answers = await Promise.all([held, last])
    assert.equal(answers[0].body?.attr('type'), 'terminate') // on the oldest one
    assert.equal(answers[0].body?.attr('condition'), undefined)
    assert.equal(answers[1].body?.attr('type'), undefined)
    assert.equal([...(await news).body!.childElements()][0]?.childText('body'), 'Adieu')
    assert.equal(conditionOf(await romeo.post()), 'item-not-found')
  })

  test('ends with the error of its stream [XEP-0206 6]', async () => {
    await using server = await start()
    const client = new BoshClient(server)
    await client.login()
    const { body } = await client.post({}, "<message xmlns='jabber:client' from='juliet@localhost'/>")
    assert.equal(conditionOf({ body } as Answer), 'remote-stream-error')
    assert.equal(body?.child('error', NS.streams)?.firstElement()?.name, 'invalid-from')
  })

  const isToldOfTheEnd = async (): Promise<void> => {
    const server = await start()
    const client = new BoshClient(server)
    await client.login()
    const held = await holding(client)
    const stopped = server.stop()
    const { body } = await held.answer
    assert.ok(body?.child('error', NS.streams)?.child('system-shutdown', NS.streamErrors))
    await stopped
  }

  test('is told that the server goes down', isToldOfTheEnd)

  test('is told so over a network that takes its time, too', async (t) => {
    const slow = (message: unknown): void => {
      const { socket } = message as { socket: Socket }
      const write = socket._write.bind(socket)
      socket._write = (...what) => void setTimeout(() => write(...what), 50)
      Object.assign(socket, { _writev: null })
    }
    subscribe('net.server.socket', slow)
    t.after(() => unsubscribe('net.server.socket', slow))
    await isToldOfTheEnd()
  })
})

describe('a session is not created', () => {
  const refused: [what: string, attributes: Record<string, string | number | undefined>, condition: string][] = [
    ['without a host', { to: undefined }, 'improper-addressing'],
    ['for a host that is not ours', { to: 'elsewhere.example' }, 'host-unknown'],
    ['with a rid of 2^53', { rid: '9007199254740992' }, 'bad-request'],
    ['with a rid that is no number', { rid: '-1' }, 'bad-request'],
    ['without a rid', { rid: undefined }, 'bad-request'],
    ['with an id of its own choice', { sid: 'mine' }, 'item-not-found'],
  ]
  for (const [what, attributes, condition] of refused)
    test(`${what}: ${condition}`, async () => {
      await using server = await start()
      const standard = { to: 'localhost', wait: 60, hold: 1, ver: '1.6', 'xmpp:version': '1.0' }
      assert.equal(conditionOf(await new BoshClient(server).post({ ...standard, ...attributes })), condition)
    })

  const bodies: [what: string, text: string][] = [
    ['a DTD (S01)', `<!DOCTYPE b [<!ENTITY a "ha">]><body xmlns='${httpBind}' rid='1' to='localhost'/>`],
    ['a comment', `<body xmlns='${httpBind}' rid='1' to='localhost'><!-- --></body>`],
    ['half a body', `<body xmlns='${httpBind}' rid='1' to='localhost'>`],
    ['text in the body', `<body xmlns='${httpBind}' rid='1' to='localhost'>hi</body>`],
    ['another element', `<message xmlns='jabber:client'/>`],
    ['a body of another namespace', `<body xmlns='jabber:client' rid='1' to='localhost'/>`],
    ['two bodies', `<body xmlns='${httpBind}' rid='1' to='localhost'/><body xmlns='${httpBind}' rid='2'/>`],
    ['nothing', ''],
  ]
  for (const [what, text] of bodies)
    test(`by ${what}: bad-request`, async () => {
      await using server = await start()
      assert.equal(conditionOf(await new BoshClient(server).raw(text)), 'bad-request')
    })
})

describe('requests', () => {
  test('take effect in the order of their rids (trap 59)', async () => {
    await using server = await start()
    const client = new BoshClient(server)
    await client.login('romeo', { hold: 2 })
    const [first, second, third] = ['a', 'b', 'c'].map((id) => client.write({}, ping(id)))
    const answers = [third, second, first].map((text) => client.raw(text!)).toReversed()
    await answers[0]
    await client.post({ type: 'terminate' }) // those who wait for more are answered
    // with the first one, where it came last: before, it is nobody's turn
    assert.deepEqual((await Promise.all(answers)).flatMap(idsOf), ['a', 'b', 'c'])
  })

  test('are held until there is something to say', async () => {
    await using server = await start()
    const romeo = new BoshClient(server)
    const juliet = new BoshClient(server)
    const to = await romeo.login()
    await juliet.login('juliet')
    const held = await holding(romeo)
    await juliet.ask(`<message to='${to}' id='m'><body>hi</body></message>${ping('p')}`, 'iq')
    assert.deepEqual(idsOf(await held.answer), ['m'])
  })

  test('are answered with nothing when they have waited long enough', async () => {
    const clock = new FakeClock()
    await using server = await start({ clock, limits: { bytesPerSecond: 0 } })
    const client = new BoshClient(server)
    await client.login('romeo', { wait: 5 })
    let isAnswered = false
    const held = (await holding(client)).answer.then((answer) => {
      isAnswered = true
      return answer
    })
    while (!isAnswered) {
      clock.advance(1000)
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.equal((await held).text, `<body xmlns='${httpBind}'/>`)
  })

  test('are never held for longer than the client wished [XEP-0124 7.1]', async () => {
    const clock = new FakeClock()
    await using server = await start({ clock, limits: { bytesPerSecond: 0 } })
    const client = new BoshClient(server)
    await client.login('romeo', { wait: 5 })
    clock.advance(500) // between two looks
    const { answer } = await holding(client)
    clock.advance(5000)
    assert.equal((await answer).text, `<body xmlns='${httpBind}'/>`)
  })

  test('that are repeated get the same bytes, and take effect once [XEP-0124 14.3]', async () => {
    await using server = await start()
    const client = new BoshClient(server)
    await client.login()
    const text = client.write({}, ping('once'))
    const first = await client.raw(text)
    assert.deepEqual(idsOf(first), ['once'])
    const again = await client.raw(text)
    assert.equal(again.text, first.text)
    assert.deepEqual(idsOf(await client.post({}, ping('next'))), ['next'])
  })

  test('that are repeated while they wait take the place of the first [XEP-0124 14.3, 17.3]', async () => {
    await using server = await start()
    const client = new BoshClient(server)
    await client.login()
    const text = client.write({})
    const first = client.raw(text)
    const second = client.raw(text)
    await Promise.race([first, second]) // both have arrived
    const other = client.post({}, ping('p'))
    const answers = await Promise.all([first, second])
    assert.deepEqual(answers.map(({ body }) => body?.attr('type')).sort(), ['error', undefined])
    assert.deepEqual(idsOf(answers.find(({ body }) => body?.attr('type') === undefined)!), ['p'])
    await Promise.allSettled([server.stop(), other])
  })

  const refused: [what: string, send: (client: BoshClient) => Promise<Answer>, condition: string][] = [
    ['far beyond the window', (client) => client.post({ rid: client.rid + 100 }), 'item-not-found'],
    ['of 2^53', (client) => client.post({ rid: '9007199254740992' }), 'bad-request'],
    ['from before the session', (client) => client.post({ rid: 1 }), 'item-not-found'],
    [
      'with another content than before',
      (client) => client.post({ rid: client.rid - 1 }, ping('other')),
      'item-not-found',
    ],
    ['that is malformed', (client) => client.post({}, '<message>'), 'bad-request'],
    ['with a pause that is too long', (client) => client.post({ pause: 121 }), 'policy-violation'],
  ]
  for (const [what, send, condition] of refused)
    test(`${what}: ${condition}, and the session is over (S108)`, async () => {
      await using server = await start()
      const client = new BoshClient(server)
      await client.login()
      assert.equal(conditionOf(await send(client)), condition)
      assert.equal(conditionOf(await client.post()), 'item-not-found')
    })

  test('with a guessed id are refused, and harm no session (S108)', async () => {
    await using server = await start()
    const client = new BoshClient(server)
    await client.login()
    const guess = `${client.sid.slice(0, -1)}${client.sid.endsWith('A') ? 'B' : 'A'}`
    assert.equal(conditionOf(await client.post({ sid: guess, rid: client.rid })), 'item-not-found')
    client.rid--
    assert.deepEqual(idsOf(await client.post({}, ping('p'))), ['p'])
  })

  test('without the next key are refused [XEP-0124 15]', async () => {
    await using server = await start()
    const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex')
    const keys = [sha1('seed')]
    for (let i = 0; i < 3; i++) keys.push(sha1(keys.at(-1)!))
    const client = new BoshClient(server)
    await client.open({ newkey: keys.pop()! })
    const failure = await client.post({ key: keys.pop()! }, `<auth xmlns='${NS.sasl}' mechanism='NONE'/>`)
    assert.equal(conditionOf(failure), undefined)
    assert.equal(conditionOf(await client.post({ key: 'wrong' })), 'item-not-found')
  })

  test('for news too often end the session [XEP-0124 11, 12]', async () => {
    await using server = await start()
    const client = new BoshClient(server)
    await client.login('romeo', { hold: 0, wait: 0 })
    let last: Answer | undefined
    for (let i = 0; i < 10 && conditionOf(last ?? ({} as Answer)) === undefined; i++) last = await client.post()
    assert.equal(conditionOf(last!), 'policy-violation')
  })
})

describe('a client of before version 1.6', () => {
  test('reads errors from HTTP codes [XEP-0124 17.1]', async () => {
    await using server = await start()
    const client = new BoshClient(server)
    const body = await client.open({ ver: undefined })
    assert.equal(body.attr('ver'), undefined)
    assert.equal((await client.post({ rid: client.rid + 50 })).status, 404)
  })
})

describe('a client that is away', () => {
  test('is taken for gone after the time it was told [XEP-0124 10]', async () => {
    const clock = new FakeClock()
    await using server = await start({ clock, limits: { bytesPerSecond: 0 }, management: { resumeSeconds: 0 } })
    const romeo = new BoshClient(server)
    const juliet = new BoshClient(server)
    const to = await romeo.login()
    await juliet.login('juliet')
    clock.advance(55_000)
    const probe = `<iq xmlns='jabber:client' type='get' id='v' to='${to}'><query xmlns='jabber:iq:version'/></iq>`
    assert.equal((await juliet.post({}, ping('p'))).status, 200)
    clock.advance(10_000)
    const answer = await juliet.ask(probe, 'iq')
    assert.equal(answer.attr('type'), 'error')
    assert.equal(conditionOf(await romeo.post()), 'item-not-found')
  })

  test('may pause for longer, and what came meanwhile is waiting [XEP-0124 10]', async () => {
    const clock = new FakeClock()
    await using server = await start({ clock, limits: { bytesPerSecond: 0 } })
    const romeo = new BoshClient(server)
    const juliet = new BoshClient(server)
    const to = await romeo.login()
    await juliet.login('juliet')
    const held = (await holding(romeo)).answer
    const pausing = await romeo.post({ pause: 120 })
    assert.equal((await held).text, `<body xmlns='${httpBind}'/>`)
    assert.equal(pausing.text, `<body xmlns='${httpBind}'/>`)
    await juliet.ask(`<message to='${to}' id='m'><body>hi</body></message>${ping('p')}`, 'iq')
    clock.advance(55_000)
    await juliet.post({}, ping('q'))
    clock.advance(55_000)
    assert.deepEqual(idsOf(await romeo.post()), ['m'])
  })

  test('because its connection broke gets the answer when it asks again', async () => {
    await using server = await start()
    const client = new BoshClient(server)
    const juliet = new BoshClient(server)
    const to = await client.login()
    const text = client.write({})
    const aborter = new AbortController()
    const broken = client.raw(text, { signal: aborter.signal }).catch(() => 'broken')
    await juliet.login('juliet') // the request has arrived by then
    aborter.abort()
    assert.equal(await broken, 'broken')
    const again = client.raw(text)
    await juliet.ask(`<message to='${to}' id='m'><body>hi</body></message>${ping('p')}`, 'iq')
    assert.deepEqual(idsOf(await again), ['m'])
  })
})

describe('HTTP', () => {
  const from = (origin: string): Record<string, string> => ({ Origin: origin })

  test('is answered as XML that nobody keeps and no browser shows', async () => {
    await using server = await start()
    const { headers } = await new BoshClient(server).post({ to: 'localhost', ver: '1.6', content: 'text/html' })
    assert.equal(headers.get('content-type'), 'text/xml; charset=utf-8')
    assert.equal(headers.get('cache-control'), 'no-store')
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
  })

  test('pages of our hosts may ask, without credentials; others may not (S109)', async () => {
    await using server = await start({ hosts: ['localhost', 'a.example'] })
    const ours = await new BoshClient(server, { headers: from('https://a.example') }).post({ to: 'localhost' })
    assert.equal(ours.headers.get('access-control-allow-origin'), 'https://a.example')
    assert.equal(ours.headers.get('access-control-allow-credentials'), null)
    assert.match(ours.headers.get('vary') ?? '', /Origin/)
    const evil = await new BoshClient(server, { headers: from('https://evil.example') }).post({ to: 'localhost' })
    assert.equal(evil.status, 403)
    assert.equal(evil.headers.get('access-control-allow-origin'), null)
    const asked = await new BoshClient(server, { headers: from('https://a.example') }).raw('', {
      method: 'OPTIONS',
      body: null,
    })
    assert.equal(asked.status, 204)
    assert.match(asked.headers.get('access-control-allow-methods') ?? '', /POST/)
  })

  test('all pages may ask where the operator says so', async () => {
    await using server = await start({ http: { origins: ['*'] } })
    const { headers, status } = await new BoshClient(server, { headers: from('https://b.example') }).post({
      to: 'localhost',
    })
    assert.deepEqual([status, headers.get('access-control-allow-origin')], [200, '*'])
  })

  test('pages of our hosts may read why a request was refused', async () => {
    await using server = await start({ hosts: ['localhost', 'a.example'] })
    const client = new BoshClient(server, { headers: from('https://a.example') })
    const headers = { ...from('https://a.example'), 'Content-Encoding': 'gzip' }
    for (const refused of [await client.raw('x'.repeat(300_000)), await client.raw('x', { headers })]) {
      assert.ok(refused.status === 413 || refused.status === 415)
      assert.equal(refused.headers.get('access-control-allow-origin'), 'https://a.example')
    }
  })

  test('other methods and other encodings are refused', async () => {
    await using server = await start()
    const client = new BoshClient(server)
    assert.equal((await client.raw('', { method: 'GET', body: null })).status, 405)
    assert.equal((await client.raw('<a/>', { method: 'PUT' })).status, 405)
    assert.equal((await client.raw('x', { headers: { 'Content-Encoding': 'gzip' } })).status, 415)
  })

  test('a body that is too large is refused, and nothing is kept of it', async () => {
    await using server = await start()
    const client = new BoshClient(server)
    assert.equal((await client.raw('x'.repeat(300_000))).status, 413)
    const piece = new TextEncoder().encode('x'.repeat(100_000))
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(piece), // without end, and without a length
    })
    const sent = client.raw('', { body: stream, duplex: 'half' } as RequestInit).then(
      ({ status }) => status,
      () => 'cut off',
    )
    assert.ok([413, 'cut off'].includes(await sent))
  })

  test('a body of a session may hold many large stanzas: clients send all at once that gathered', async () => {
    await using server = await start({ limits: { bytesPerSecond: 0 } })
    const client = new BoshClient(server)
    const to = await client.login()
    const ids = Array.from({ length: 10 }, (_, i) => `m${i}`)
    const large = (id: string) =>
      `<message xmlns='jabber:client' to='${to}' id='${id}'><body>${'x'.repeat(100_000)}</body></message>`
    const received: (string | undefined)[] = []
    for (let body = ids.map(large).join(''); received.length < ids.length; body = '') {
      const answer = await client.post({}, body)
      assert.equal(answer.status, 200)
      received.push(...idsOf(answer))
    }
    assert.deepEqual(received, ids)
    const guess = { sid: client.sid.toLowerCase(), rid: client.rid }
    assert.equal((await client.raw(client.write(guess, ids.map(large).join('')))).status, 413)
    assert.equal((await client.post({}, 'x'.repeat(2_000_000))).status, 413)
  })

  test('a session that began under TLS is not to be had without it [XEP-0124 18.1]', async () => {
    await using server = await start()
    const through = { 'X-Forwarded-For': '192.0.2.1', 'X-Forwarded-Proto': 'https' }
    const client = new BoshClient(server, { headers: through })
    await client.login()
    const clear = await fetch(`http://127.0.0.1:${portOf(server, 'http')}/http-bind`, {
      method: 'POST',
      headers: { 'X-Forwarded-For': '192.0.2.1', 'X-Forwarded-Proto': 'http' },
      body: client.write({}, ping('p')),
    })
    assert.equal(clear.status, 403)
    client.rid--
    assert.deepEqual(idsOf(await client.post({}, ping('p'))), ['p'])
  })
})
