/**
 * S107, S108, S109 for BOSH: ids that are guessed or chosen, request ids out of the window, terms without measure, bodies that are none, pages of others.
 * XEP-0124 sections 11, 14 and 18; ejabberd 26.07 had weak random ids. And one session over several transports, which is one session (XEP-0198).
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { expectEnd } from '../harness/answers.ts'
import { attack, volume } from '../harness/attack.ts'
import { BODY, BoshClient, post } from '../harness/bosh.ts'
import { login } from '../harness/client.ts'
import { attributeOf, Managed, resume, SM } from '../harness/managed.ts'
import { startVictim, type Victim } from '../harness/server.ts'
import { webSocket } from '../harness/websocket.ts'

let victim: Victim
before(async () => {
  victim = await startVictim({ config: { limits: { bytesPerSecond: 0 }, http: { boshInactivitySeconds: 5 } } })
  const over = new Managed(await login(victim, 'v@a.example'))
  await over.enable("resume='1' max='0'")
  over.lose() // what is known of sessions that are over is looked through now and then
})
after(() => victim.stop())

const terminated = (condition: string): RegExp =>
  new RegExp(
    `<body [^>]*type='terminate'[^>]*condition='${condition}'|<body [^>]*condition='${condition}'[^>]*type='terminate'`,
  )
const chat = (to: string, body: string): string =>
  `<message xmlns='jabber:client' to='${to}' type='chat'><body>${body}</body></message>`
const PING = "<iq xmlns='jabber:client' type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>"

test('S108 a session id is random, and nobody takes over the session of another', (t) =>
  attack(t, victim, async ({ note }) => {
    const sids = new Set<string>()
    for (let i = 0; i < 50; i++) {
      const client = new BoshClient(victim.httpPort)
      await client.create()
      assert.match(client.sid, /^[\w-]{27,}$/, '160 bits')
      sids.add(client.sid)
      await client.end()
    }
    assert.equal(sids.size, 50)
    const v = new BoshClient(victim.httpPort)
    await v.login('v', 'web')
    const guesses = volume(500, 100_000)
    for (let i = 0; i < guesses; i++) {
      const sid = i % 2 === 0 ? randomBytes(20).toString('base64url') : v.sid.slice(0, -1) + 'AQgw'[i % 4]
      if (sid === v.sid) continue
      const { body } = await post(victim.httpPort, `<body xmlns='${BODY}' rid='${v.rid + 1}' sid='${sid}'/>`)
      assert.match(body, terminated('item-not-found'))
    }
    // one's own choice is not taken over
    const { body: fixed } = await post(
      victim.httpPort,
      `<body xmlns='${BODY}' rid='1' sid='fixed' to='a.example' wait='1' hold='1'/>`,
    )
    assert.match(fixed, terminated('item-not-found'))
    // in the URL it is nothing
    const { body: url } = await post(
      victim.httpPort,
      `<body xmlns='${BODY}' rid='1'/>`,
      {},
      { path: `/http-bind?sid=${v.sid}` },
    )
    assert.match(url, terminated('(bad-request|improper-addressing)'))
    await v.send(PING)
    await v.waitFor(/<iq [^>]*id='p'/)
    await v.end()
    note(`${guesses} guessed ids`)
  }))

test('S108 request ids out of their window end the session, and nothing is done twice', (t) =>
  attack(t, victim, async () => {
    const v = await login(victim, 'v@a.example', { presence: true })
    for (const jump of ['+3', '+100', '-5', '2^53', '2^53+1', 'x', '', '-1', '1e3']) {
      const client = new BoshClient(victim.httpPort)
      await client.login('mallory', `web${jump.length}`)
      const rid =
        jump === '2^53'
          ? '9007199254740992'
          : jump === '2^53+1'
            ? '9007199254740993'
            : /^[+-]\d+$/.test(jump) && jump !== '-1'
              ? String(client.rid + Number(jump))
              : jump
      const { body } = await post(
        victim.httpPort,
        `<body xmlns='${BODY}' rid='${rid}' sid='${client.sid}'>${chat('v@a.example', 'forged')}</body>`,
      )
      assert.match(body, terminated('(item-not-found|bad-request)'), jump)
      const { body: gone } = await client.send('')
      assert.match(gone, terminated('item-not-found'), `${jump}: the session is over`)
      await client.end()
    }
    assert.equal(await v.fence(), '')
    // the same request again is the same answer; with another body it is somebody else's
    const client = new BoshClient(victim.httpPort)
    await client.login('mallory', 'web')
    const first = client.body(chat('v@a.example', 'once'))
    const answers = [
      await post(victim.httpPort, first),
      await post(victim.httpPort, first),
      await post(victim.httpPort, first),
    ]
    assert.equal(new Set(answers.map(({ body }) => body)).size, 1)
    assert.equal(((await v.fence()).match(/<body>once<\/body>/g) ?? []).length, 1)
    const { body: other } = await post(victim.httpPort, first.replace('once', 'twice'))
    assert.match(other, terminated('item-not-found'))
    assert.equal(await v.fence(), '')
    await client.end()
    v.close()
  }))

test('S108 terms are bounded, whatever is asked for', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      for (const [wait, hold] of [
        ['999999', '1'],
        ['120', '999999'],
        ['999999999999', '5'],
        ['1', '0'],
      ]) {
        const client = new BoshClient(victim.httpPort)
        const { body } = await client.create('a.example', `wait='${wait}' hold='${hold}' requests='999999'`)
        const value = (name: string): number => Number(new RegExp(`\\s${name}='(\\d+)'`).exec(body)?.[1])
        assert.ok(value('wait') <= 120, body)
        assert.ok(value('hold') <= 2, body)
        assert.ok(value('requests') <= 3, body)
        assert.ok(value('inactivity') <= 60, body)
        assert.ok(value('maxpause') <= 120, body)
        const pausing = await client.send('', "pause='999999'")
        assert.match(pausing.body, /type='terminate'|^<body [^>]*\/>$/)
        await client.end()
      }
      for (const wrong of [
        "wait='-1' hold='1'",
        "wait='x' hold='1'",
        "wait='1' hold='-1'",
        "wait='1e9' hold='NaN'",
        "wait='1' hold='1' ver='9999999999.9'",
      ]) {
        const client = new BoshClient(victim.httpPort)
        const { body } = await client.create('a.example', wrong)
        assert.match(body, /^<body /, wrong)
        await client.end()
      }
      // one that was left alone is over in its time
      const left = new BoshClient(victim.httpPort)
      await left.login('mallory', 'left')
      for (const deadline = Date.now() + 15_000; (await victim.sessionsOf('mallory@a.example')) > 0; ) {
        assert.ok(Date.now() < deadline, 'five seconds without a request')
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
      await left.end()
      note('4 terms, 5 that are none, 1 client that went away')
    },
    { patience: 12_000 },
  ))

/** Bodies that are none; each for itself, and within a session. */
const bodies: readonly (readonly [what: string, wire: (attributes: string) => string])[] = [
  ['a document type', (a) => `<!DOCTYPE b [<!ENTITY a "ha">]><body xmlns='${BODY}' ${a}>&a;</body>`],
  ['an external entity', (a) => `<!DOCTYPE b SYSTEM 'http://127.0.0.1:9/x'><body xmlns='${BODY}' ${a}/>`],
  ['a comment', (a) => `<body xmlns='${BODY}' ${a}><!-- x --></body>`],
  ['a processing instruction', (a) => `<?php x?><body xmlns='${BODY}' ${a}/>`],
  ['half of one', (a) => `<body xmlns='${BODY}' ${a}><a>`],
  ['two', (a) => `<body xmlns='${BODY}' ${a}/><body xmlns='${BODY}' ${a}/>`],
  ['nothing', () => ''],
  ['no XML', () => '{"rid":1}'],
  ['another element', (a) => `<html xmlns='${BODY}' ${a}/>`],
  ['another namespace', (a) => `<body xmlns='http://www.w3.org/1999/xhtml' ${a}/>`],
  ['no namespace', (a) => `<body ${a}/>`],
  ['an attribute twice', (a) => `<body xmlns='${BODY}' rid='7' ${a} rid='7'/>`],
  ['no UTF-8', (a) => `<body xmlns='${BODY}' ${a}>\u00ff\u00fe</body>`],
  ['deep nesting', (a) => `<body xmlns='${BODY}' ${a}>${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}</body>`],
  ['many elements', (a) => `<body xmlns='${BODY}' ${a}><m xmlns='jabber:client'>${'<a/>'.repeat(60_000)}</m></body>`],
  [
    'a stream header',
    (a) => `<body xmlns='${BODY}' ${a}><stream:stream xmlns:stream='http://etherx.jabber.org/streams'/></body>`,
  ],
]

test('S108, S01 bodies that are none are refused, and cost little', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const v = await login(victim, 'v@a.example', { presence: true })
      for (const [what, wire] of bodies) {
        const fresh = await post(victim.httpPort, wire("rid='5' to='a.example' wait='1' hold='1'"))
        assert.ok(fresh.status >= 400 || /type='terminate'/.test(fresh.body), `${what}: ${fresh.status} ${fresh.body}`)
        const client = new BoshClient(victim.httpPort)
        await client.login('mallory', 'web')
        const within = await post(victim.httpPort, wire(`rid='${client.rid + 1}' sid='${client.sid}'`))
        assert.ok(
          within.status >= 400 || /type='terminate'/.test(within.body),
          `${what}, within: ${within.status} ${within.body}`,
        )
        await client.end()
      }
      const large = `<body xmlns='${BODY}' rid='5' to='a.example'>${'x'.repeat(1_000_000)}</body>`
      assert.equal((await post(victim.httpPort, large)).status, 413)
      assert.equal((await post(victim.httpPort, 'x', { 'Content-Encoding': 'gzip' })).status, 415)
      for (const method of ['GET', 'PUT', 'DELETE', 'TRACE', 'PATCH'])
        assert.ok([405, 400, 501].includes((await post(victim.httpPort, '', {}, { method })).status), method)
      // JSONP, which older servers speak, is none
      const jsonp = await post(
        victim.httpPort,
        '',
        {},
        { method: 'GET', path: '/http-bind?callback=alert(1)//&<body/>' },
      )
      assert.doesNotMatch(jsonp.body, /alert/)
      assert.equal(await v.fence(), '')
      v.close()
      note(`${bodies.length * 2} bodies`)
    },
    { patience: 12_000, rss: 16 * 1024 * 1024 },
  ))

test('S108 requests in great number end their session, not the server', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const client = new BoshClient(victim.httpPort)
      await client.login('mallory', 'web')
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => post(victim.httpPort, client.body('')).catch(() => ({ body: '', status: 0 }))),
      )
      assert.ok(answers.some(({ body }) => /type='terminate'/.test(body)))
      await client.end()
      // sessions by the hundred that nobody goes on with
      const many = volume(150, 5000)
      await Promise.all(
        Array.from({ length: many }, () =>
          post(victim.httpPort, `<body xmlns='${BODY}' rid='5' to='a.example' wait='1' hold='0'/>`).catch(
            () => undefined,
          ),
        ),
      )
      note(`50 requests at once; ${many} sessions left alone`)
    },
    { patience: 45_000 },
  ))

test('S109 pages of others get no word, and nobody gets credentials', (t) =>
  attack(t, victim, async ({ note }) => {
    const wire = `<body xmlns='${BODY}' rid='5' to='a.example' wait='1' hold='1'/>`
    const foreign = [
      'https://evil.example',
      'null',
      'http://a.example',
      'https://a.example.evil.example',
      'file://',
      'https://evil.example#a.example',
    ]
    for (const origin of foreign)
      for (const method of ['POST', 'OPTIONS']) {
        const { status, headers, body } = await post(
          victim.httpPort,
          method === 'POST' ? wire : '',
          { Origin: origin, 'Access-Control-Request-Method': 'POST' },
          { method },
        )
        assert.equal(status, 403, `${method} ${origin}`)
        assert.equal(headers['access-control-allow-origin'], undefined)
        assert.equal(headers['access-control-allow-credentials'], undefined)
        assert.doesNotMatch(body, /sid=/)
      }
    for (const origin of ['https://a.example', 'https://b.example'])
      for (const method of ['POST', 'OPTIONS']) {
        const { status, headers, body } = await post(
          victim.httpPort,
          method === 'POST' ? wire : '',
          { Origin: origin },
          { method },
        )
        assert.ok(status === 200 || status === 204)
        assert.equal(headers['access-control-allow-origin'], origin)
        assert.equal(headers['access-control-allow-credentials'], undefined)
        assert.match(String(headers['vary']), /Origin/i)
        const sid = attributeOf(body, 'sid')
        if (sid !== undefined)
          await post(victim.httpPort, `<body xmlns='${BODY}' rid='6' sid='${sid}' type='terminate'/>`)
      }
    note(`${foreign.length} origins`)
  }))

test('S107 a session that began under TLS is not had without it', async (t) => {
  await using strict = await startVictim({ secure: true })
  await attack(t, strict, async () => {
    const proxied = { 'X-Forwarded-For': '192.0.2.7', 'X-Forwarded-Proto': 'https' }
    const wire = `<body xmlns='${BODY}' rid='5' to='a.example' wait='1' hold='1'/>`
    const { body } = await post(strict.httpPort, wire, proxied)
    const sid = attributeOf(body, 'sid')
    assert.ok(sid !== undefined, body)
    const plain = { 'X-Forwarded-For': '192.0.2.7', 'X-Forwarded-Proto': 'http' }
    assert.equal((await post(strict.httpPort, wire, plain)).status, 403)
    const without = await post(strict.httpPort, `<body xmlns='${BODY}' rid='6' sid='${sid}'/>`, plain)
    assert.ok(without.status === 403 || terminated('item-not-found').test(without.body))
    const end = `<body xmlns='${BODY}' rid='6' sid='${sid}' type='terminate'/>`
    assert.match(
      (await post(strict.httpPort, end, proxied)).body,
      /type='terminate'/,
      'it was not ended by the one before',
    )
  })
})

test('S79, S83 one session over several transports: each message once, in order', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const mallory = await login(victim, 'mallory@a.example')
      const say = async (...texts: readonly string[]): Promise<void> => {
        for (const one of texts) mallory.send(`<message to='v@a.example' type='chat'><body>${one}</body></message>`)
        await mallory.fence()
      }
      const found = (wire: string): string[] => [...wire.matchAll(/<body>(m\d+)<\/body>/g)].map(([, body]) => body!)
      // begun over WebSocket, which breaks
      const web = await webSocket(victim.httpPort)
      await web.login('v', 'r')
      web.send(`<enable xmlns='${SM}' resume='true'/>`)
      const id = attributeOf(await web.waitFor(/^<enabled /), 'id')!
      web.send("<presence xmlns='jabber:client'/>")
      await web.waitFor(/^<presence /)
      await say('m1', 'm2')
      assert.ok(await web.until(() => found(web.texts.join('')).length === 2))
      web.raw.reset()
      await say('m3')
      // taken up over BOSH: m2 was not acknowledged
      const bosh = new BoshClient(victim.httpPort)
      await bosh.create()
      await bosh.waitFor(/<mechanisms/)
      await bosh.send(
        `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${Buffer.from('\0v\0secret-v').toString('base64')}</auth>`,
      )
      await bosh.waitFor(/<success/)
      await bosh.send('', "to='a.example' xmpp:restart='true'")
      await bosh.waitFor(/<bind /)
      bosh.received = ''
      await bosh.send(`<resume xmlns='${SM}' previd='${id}' h='2'/>`)
      await bosh.waitFor(/<body>m3</)
      assert.match(bosh.received, /<resumed /)
      assert.ok(bosh.received.indexOf('<resumed ') < bosh.received.indexOf('<message '))
      assert.deepEqual(found(bosh.received), ['m2', 'm3'])
      await say('m4')
      await bosh.waitFor(/<body>m4</)
      // taken away over TCP, while BOSH is still there
      const [tcp, answer] = await resume(victim, 'v@a.example', { id, h: 4 })
      assert.match(answer, /^<resumed /)
      assert.deepEqual(await tcp.bodies(1), ['m4'])
      await bosh.waitFor(/condition='remote-stream-error'|type='terminate'/).catch(() => undefined)
      await say('m5')
      assert.deepEqual(await tcp.bodies(1), ['m5'])
      // what BOSH leaves behind does not take it along
      await new Promise((resolve) => setTimeout(resolve, 6500))
      await say('m6')
      assert.deepEqual(await tcp.bodies(1), ['m6'])
      assert.equal(await victim.sessionsOf('v@a.example'), 1)
      tcp.acknowledge()
      tcp.send('</stream:stream>')
      await expectEnd(tcp.raw)
      await bosh.end()
      mallory.close()
      note('WebSocket, BOSH, TCP')
    },
    { patience: 12_000 },
  ))
