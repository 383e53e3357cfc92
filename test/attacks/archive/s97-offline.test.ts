/**
 * S97, S98: messages for somebody who is away: however many come and from whomever, storage is bounded and each is kept or refused; and each comes
 * once, by whatever way its recipient logs in (ejabberd #4287 purged the queue at SASL2 with Bind 2 while the archive was off; #417, #3228, #1151, #3829).
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { expectEnd } from '../harness/answers.ts'
import { attack, MB, volume } from '../harness/attack.ts'
import { BoshClient } from '../harness/bosh.ts'
import { login, plain, RawClient } from '../harness/client.ts'
import { Managed, managed, resume } from '../harness/managed.ts'
import { startVictim, type Victim } from '../harness/server.ts'
import { webSocket } from '../harness/websocket.ts'

const END = '</stream:stream>'
const chat = (to: string, body: string, size = 0): string =>
  `<message to='${to}' type='chat' id='${body}'><body>${body}${size > 0 ? ` ${'x'.repeat(size)}` : ''}</body></message>`
const errorsIn = (wire: string): string[] =>
  [...wire.matchAll(/<message [^>]*>/g)].map(([tag]) => tag).filter((tag) => tag.includes("type='error'"))

for (const archive of [false, true])
  test(`S97 a flood for somebody who is away is bounded, and refused beyond (archive ${archive ? 'on' : 'off'})`, async (t) => {
    const features = archive ? { archive: { bytesPerAccount: 2 * MB } } : { archive: false }
    const limits = { bytesPerSecond: 0, offlineMessages: 500, offlineBytes: 1_000_000, sessionsPerAccount: 200 }
    await using victim = await startVictim({ config: { limits, features } })
    await attack(
      t,
      victim,
      async ({ note }) => {
        const senders = await Promise.all(
          Array.from({ length: volume(50, 1000) }, (_, i) =>
            login(victim, 'mallory@a.example', { resource: `r${i % 190}${i}` }),
          ),
        ).catch(async () => [await login(victim, 'mallory@a.example')])
        const each = Math.ceil(volume(5000, 1_000_000) / senders.length)
        let refused = 0
        await Promise.all(
          senders.map(async (sender) => {
            for (let i = 0; i < each; i += 50) {
              sender.send(
                Array.from({ length: Math.min(50, each - i) }, (_, k) => chat('v@a.example', `m${i + k}`, 200)).join(
                  '',
                ),
              )
              const came = errorsIn(await sender.fence(60_000)).length
              refused += came
            }
            for (let quiet = 0; quiet < 3; ) {
              const came = errorsIn(await sender.fence()).length
              refused += came
              quiet = came === 0 ? quiet + 1 : 0
            }
          }),
        )
        const sent = each * senders.length
        const stored = await victim.stored('v@a.example')
        assert.equal(stored, 500)
        // what the archive has is no loss, and no error [S97]
        if (archive) assert.equal(refused, 0)
        else assert.equal(refused, sent - stored)
        note(`${sent} messages of ${senders.length} sessions: ${stored} wait, ${refused} refused`)
        for (const sender of senders) {
          sender.send(END)
          await expectEnd(sender)
        }
      },
      { heap: archive ? 12 * MB : 2 * MB, rss: 32 * MB, peak: 96 * MB, once: true },
    )
  })

describe('S98 with the archive off', () => {
  let victim: Victim
  let count = 0
  before(async () => {
    victim = await startVictim({
      canary: false,
      config: { limits: { bytesPerSecond: 0 }, features: { archive: false } },
    })
  })
  after(() => victim.stop())

  const bodies = Array.from({ length: 100 }, (_, i) => `m${i}`)
  const found = (wire: string): string[] => [...wire.matchAll(/<body>(m\d+)<\/body>/g)].map(([, body]) => body!)

  /** An account with 100 messages. */
  async function fill(): Promise<string> {
    const local = `away${++count}`
    await victim.addAccount(`${local}@a.example`)
    const sender = await login(victim, 'mallory@a.example', { resource: `s${count}` })
    for (const body of bodies) sender.send(chat(`${local}@a.example`, body))
    assert.deepEqual(errorsIn(await sender.fence()), [])
    for (const deadline = Date.now() + 5000; (await victim.stored(`${local}@a.example`)) < 100; )
      assert.ok(Date.now() < deadline, 'all are stored')
    sender.send(END)
    await expectEnd(sender)
    return local
  }

  async function tcp(client: RawClient, want = 100): Promise<string[]> {
    let came = ''
    for (let quiet = 0; quiet < 10 && found(came).length < want; quiet++) came += await client.fence()
    came += await client.fence()
    return found(came)
  }

  async function rest(local: string): Promise<string[]> {
    const client = await login(victim, `${local}@a.example`, { resource: 'rest' })
    client.send('<presence/>')
    const came = await tcp(client, 1)
    client.send(END)
    await expectEnd(client)
    return came
  }

  test('they come by SASL and binding of old', async () => {
    const local = await fill()
    const client = await login(victim, `${local}@a.example`)
    client.send('<presence/>')
    assert.deepEqual(await tcp(client), bodies)
    client.send(END)
    await expectEnd(client)
    assert.deepEqual(await rest(local), [])
  })

  const inline = "<inactive xmlns='urn:xmpp:csi:0'/><enable xmlns='urn:xmpp:carbons:2'/>"
  for (const [what, within, isManaged] of [
    ['Bind 2', '', false],
    [
      'Bind 2 with stream management, carbons and an inactive client',
      `${inline}<enable xmlns='urn:xmpp:sm:3' resume='true'/>`,
      true,
    ],
  ] as const)
    test(`they come by SASL2 and ${what}`, async () => {
      const local = await fill()
      const raw = await RawClient.connect({ port: victim.port })
      await raw.open()
      const binding = `<bind xmlns='urn:xmpp:bind:0'><tag>t</tag>${within}</bind>`
      raw.send(
        `<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>${plain(local)}</initial-response>${binding}</authenticate>`,
      )
      const success = await raw.waitFor(/<success.*?<\/success>/s)
      raw.jid = /<authorization-identifier>([^<]*)</.exec(success)![1]!
      await raw.waitFor('</stream:features>')
      // nobody is given anything, and nothing goes, before there is presence
      assert.equal(await raw.fence(), '')
      assert.equal(await victim.stored(`${local}@a.example`), 100)
      const client = new Managed(raw, '', isManaged ? 1 : 0)
      client.send('<presence/>')
      const came: string[] = []
      for (let round = 0; round < 20 && came.length < 100; round++) {
        came.push(...found((await client.all()).join('')))
        if (isManaged) client.acknowledge()
      }
      assert.deepEqual(came, bodies)
      await client.all()
      client.send(END)
      await expectEnd(raw)
      assert.deepEqual(await rest(local), [])
    })

  test('they come over WebSocket', async () => {
    const local = await fill()
    const client = await webSocket(victim.httpPort)
    await client.login(local, 'web')
    client.send("<presence xmlns='jabber:client'/>")
    assert.ok(await client.until(() => found(client.texts.join('')).length >= 100))
    assert.deepEqual(found(client.texts.join('')), bodies)
    client.send("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>")
    await client.closed()
    assert.deepEqual(await rest(local), [])
  })

  test('they come over BOSH', async () => {
    const local = await fill()
    const client = new BoshClient(victim.httpPort)
    await client.login(local, 'web')
    await client.send("<presence xmlns='jabber:client'/>")
    await client.waitFor(/<body>m99<\/body>/)
    assert.deepEqual(found(client.received), bodies)
    await client.end()
    for (
      const deadline = Date.now() + 5000;
      (await victim.sessionsOf(`${local}@a.example`)) > 0 && Date.now() < deadline;
    )
      await new Promise((resolve) => setTimeout(resolve, 20))
    assert.deepEqual(await rest(local), [])
  })

  test('they wait while the priority is negative, and come when it is not', async () => {
    const local = await fill()
    const client = await login(victim, `${local}@a.example`)
    client.send('<presence><priority>-1</priority></presence>')
    assert.deepEqual(found(await client.fence()), [])
    assert.equal(await victim.stored(`${local}@a.example`), 100)
    client.send('<presence/>')
    assert.deepEqual(await tcp(client), bodies)
    client.send(END)
    await expectEnd(client)
    assert.deepEqual(await rest(local), [])
  })

  test('they come to a client whose resumption failed, once', async () => {
    const local = await fill()
    const jid = `${local}@a.example`
    const gone = await managed(victim, jid, { presence: false, enable: "resume='true' max='1'" })
    gone.send('<presence/>')
    await gone.all() // some have come, and are not acknowledged
    gone.lose()
    for (const deadline = Date.now() + 5000; (await victim.sessionsOf(jid)) > 0 && Date.now() < deadline; )
      await new Promise((resolve) => setTimeout(resolve, 20))
    const [client, answer] = await resume(victim, jid, gone)
    assert.match(answer, /^<failed /)
    await client.raw.bind('again')
    client.send('<presence/>')
    // those that the first session had come behind the others, with the time when they came
    assert.deepEqual((await tcp(client.raw)).toSorted(), bodies.toSorted())
    client.send(END)
    await expectEnd(client.raw)
    assert.deepEqual(await rest(local), [])
  })

  test('they come once when connections break in between', async () => {
    const local = await fill()
    const jid = `${local}@a.example`
    const got = new Set<string>()
    let twice = 0
    let client = await managed(victim, jid, { presence: false })
    client.send('<presence/>')
    for (let round = 0; round < 40 && got.size < 100; round++) {
      const came = found([...client.rest(), ...(await client.all())].join(''))
      for (const body of came) {
        if (got.has(body)) twice++
        got.add(body)
      }
      client.acknowledge()
      if (round % 2 === 0) continue
      for (const body of found(client.rest().join(''))) got.add(body)
      const { id, h } = client
      client.raw.reset()
      const [next, answer] = await resume(victim, jid, { id, h })
      assert.match(answer, /^<resumed /)
      client = next
    }
    assert.deepEqual([...got], bodies)
    assert.equal(twice, 0)
    client.acknowledge()
    await client.all()
    client.send(END)
    await expectEnd(client.raw)
    assert.deepEqual(await rest(local), [])
  })
})
