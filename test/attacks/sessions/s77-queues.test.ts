/**
 * S77, S78, S81, S82: clients that acknowledge nothing, come back never, do not read, or have a lot waiting. Openfire cleared the queue and turned
 * stream management off in silence, Tigase grew without end (#server-1230), ejabberd died of 1,500 offline messages (#1606). Here: bounds in bytes
 * and in number, and every message is delivered, kept, or refused to its sender.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectEnd } from '../harness/answers.ts'
import { attack, MB, volume } from '../harness/attack.ts'
import { login, type RawClient } from '../harness/client.ts'
import { type Managed, managed, resume } from '../harness/managed.ts'
import { startVictim, type Victim } from '../harness/server.ts'

let victim: Victim
before(async () => {
  // without an archive, so that nothing but the sessions and offline storage has the messages
  victim = await startVictim({
    config: { features: { archive: false }, limits: { bytesPerSecond: 0, offlineMessages: 0, offlineBytes: 30 * MB } },
  })
  // what is known of sessions that are over is looked through now and then, once there are some
  const over = await managed(victim, 'v@a.example', { enable: "resume='true' max='0'" })
  over.lose()
})
after(() => victim.stop())

const END = '</stream:stream>'
const message = (to: string, id: string, size: number): string =>
  `<message to='${to}' type='chat' id='${id}'><body>${id} ${'x'.repeat(size)}</body></message>`

/** Sends so many, and gives the ids of those that came back with an error. */
async function flood(sender: RawClient, to: string, count: number, size: number): Promise<Set<string>> {
  for (let i = 0; i < count; i += 50) {
    let wire = ''
    for (let k = i; k < Math.min(count, i + 50); k++) wire += message(to, `m${k}`, size)
    if (!sender.send(wire)) await new Promise((resolve) => sender.socket.once('drain', resolve))
  }
  const refused = new Set<string>()
  // a refusal may come after the answer to a later request: until nothing comes any more
  for (let quiet = 0; quiet < 3; ) {
    const came = await sender.fence(60_000)
    for (const [, id] of came.matchAll(
      /<message [^>]*id='(m\d+)'[^>]*type='error'|<message [^>]*type='error'[^>]*id='(m\d+)'/g,
    ))
      refused.add(id!)
    quiet = came === '' ? quiet + 1 : 0
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return refused
}

/** The ids of all that an account has waiting, taken by a client without stream management. */
async function collect(jid: string, count: number): Promise<string[]> {
  const client = await login(victim, jid, { resource: 'collector' })
  client.send('<presence/>')
  const ids: string[] = []
  for (const deadline = Date.now() + 60_000; ids.length < count && Date.now() < deadline; ) {
    const came = await client.fence(60_000)
    for (const [, id] of came.matchAll(/<body>(m\d+) /g)) ids.push(id!)
  }
  ids.push(...Array.from((await client.fence()).matchAll(/<body>(m\d+) /g), ([, id]) => id!))
  client.send(END)
  await expectEnd(client)
  return ids
}

/** Each message was taken once by the victim or refused to its sender, but for the ones that `had` came to it before. */
function accountFor(count: number, refused: ReadonlySet<string>, ids: readonly string[]): void {
  assert.equal(new Set(ids).size, ids.length, 'nothing comes twice')
  const missing: string[] = []
  for (let i = 0; i < count; i++) if (!ids.includes(`m${i}`) && !refused.has(`m${i}`)) missing.push(`m${i}`)
  assert.deepEqual(missing, [], 'nothing is lost in silence')
  for (const id of ids) assert.equal(refused.has(id), false, `${id} was refused, and delivered`)
}

test('S77 a client that acknowledges nothing is ended at the bound, and loses nothing', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const v = await managed(victim, 'v@a.example')
      const mallory = await login(victim, 'mallory@a.example')
      const count = volume(1500, 20_000)
      const refused = await flood(mallory, 'v@a.example', count, 10_000)
      const came = await v.raw.waitFor('</stream:stream>')
      assert.match(came, /<policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'\/>/)
      await expectEnd(v.raw)
      const ids = await collect('v@a.example', count - refused.size)
      accountFor(count, refused, ids)
      note(`${count} messages of 10 kB: ended after ${came.length} bytes; ${ids.length} kept, ${refused.size} refused`)
      mallory.close()
    },
    { heap: 4 * MB, rss: 16 * MB, peak: 96 * MB },
  ))

test('S77 the same for one that is away; its session is over, and it learns that', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const v = await managed(victim, 'v@a.example')
      v.lose()
      const mallory = await login(victim, 'mallory@a.example')
      const refused = await flood(mallory, 'v@a.example', 1500, 10_000)
      const [late, answer] = await resume(victim, 'v@a.example', v)
      assert.match(answer, /^<failed xmlns='urn:xmpp:sm:3' h='2'><item-not-found /)
      late.raw.close()
      const ids = await collect('v@a.example', 1500 - refused.size)
      accountFor(1500, refused, ids)
      note(`1500 messages of 10 kB: ${ids.length} kept, ${refused.size} refused`)
      mallory.close()
    },
    { heap: 4 * MB, rss: 16 * MB, peak: 96 * MB },
  ))

test('S77 small ones are bounded by their number', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const v = await managed(victim, 'v@a.example')
      const mallory = await login(victim, 'mallory@a.example')
      const refused = await flood(mallory, 'v@a.example', 5000, 1)
      assert.match(await v.raw.waitFor('</stream:stream>'), /<policy-violation /)
      await expectEnd(v.raw)
      const ids = await collect('v@a.example', 5000 - refused.size)
      accountFor(5000, refused, ids)
      note(`5000 messages of 1 byte: ${ids.length} kept, ${refused.size} refused`)
      mallory.close()
    },
    { heap: 4 * MB, rss: 16 * MB },
  ))

/** Asks for a long answer again and again, and acknowledges none. */
async function hoard(client: Managed, requests: number): Promise<boolean> {
  for (let i = 0; i < requests && !client.raw.hasEnded; i++) {
    client.send(`<iq type='get' id='v${i}'><vCard xmlns='vcard-temp'/></iq>`)
    await client.raw.waitFor(/<\/vCard><\/iq>|<\/stream:stream>/).catch(() => undefined)
  }
  return client.raw.hasEnded || (await client.raw.waitForEnd(100))
}

test('S77, S78 answers that are asked for and not acknowledged are bounded, too, and more so while nobody is there', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const writer = await login(victim, 'mallory@a.example')
      writer.send(`<iq type='set' id='s'><vCard xmlns='vcard-temp'><NOTE>${'x'.repeat(120_000)}</NOTE></vCard></iq>`)
      await writer.waitFor(/<iq [^>]*id='s'[^>]*\/>/)
      const one = await managed(victim, 'mallory@a.example', { resource: 'greedy' })
      assert.ok(await hoard(one, 300), 'a stream that acknowledges none of 36 MB of answers ends')
      const before = await victim.vitals()
      for (let i = 0; i < 10; i++) {
        const zombie = await managed(victim, 'mallory@a.example', { resource: `z${i}` })
        await hoard(zombie, 60)
        zombie.raw.reset()
        await zombie.raw.waitForEnd(1000)
        await writer.fence()
      }
      await new Promise((resolve) => setTimeout(resolve, 300))
      const kept = (await victim.vitals()).heap - before.heap
      note(`ten sessions of an account, each left with 7 MB of answers: ${(kept / MB).toFixed(1)} MB stay in memory`)
      assert.ok(kept < 24 * MB, `${kept} bytes wait for one account`)
      for (let i = 0; i < 10; i++) {
        const next = await login(victim, 'mallory@a.example', { resource: `z${i}` })
        next.send(END)
        await expectEnd(next)
      }
      writer.close()
    },
    { heap: 4 * MB, rss: 16 * MB, peak: 192 * MB },
  ))

test('S78 sessions whose clients do not come back are few, the oldest go', (t) =>
  attack(t, victim, async ({ note }) => {
    const rounds = volume(200, 500)
    const sessions: Managed[] = []
    for (let i = 0; i < rounds; i++) {
      const zombie = await managed(victim, 'mallory@a.example', { resource: `z${i}` })
      zombie.lose()
      sessions.push(zombie)
    }
    const last = await login(victim, 'mallory@a.example', { resource: 'last' })
    const most = await victim.sessionsOf('mallory@a.example')
    assert.ok(most <= 12, `${most} sessions`)
    const stored = await victim.resumable()
    assert.ok(stored <= 24, `${stored} sessions are stored`)
    note(`${rounds} sessions left behind: ${most} wait, ${stored} are known`)
    // the newest can be resumed
    const [again, answer] = await resume(victim, 'mallory@a.example', sessions.at(-1)!)
    assert.match(answer, /^<resumed /)
    again.send(END)
    await expectEnd(again.raw)
    const [late, gone] = await resume(victim, 'mallory@a.example', sessions[0]!)
    assert.match(gone, /^<failed /)
    late.raw.close()
    for (const one of sessions.slice(-12)) {
      const [client, what] = await resume(victim, 'mallory@a.example', one)
      if (what.startsWith('<resumed')) client.send(END)
      else client.raw.close()
      await expectEnd(client.raw)
    }
    last.close()
  }))

test('S81 clients that do not read cost their own connections, not their messages, and slow nobody down', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const v = await managed(victim, 'v@a.example')
      v.raw.socket.pause()
      const mallory = await login(victim, 'mallory@a.example')
      const begun = performance.now()
      const refused = await flood(mallory, 'v@a.example', 2000, 5000)
      note(`2000 messages of 5 kB to a client that does not read, in ${(performance.now() - begun).toFixed(0)} ms`)
      v.raw.reset()
      await v.raw.waitForEnd(5000)
      // what the session had is handed on when nobody comes back to it
      const [again, answer] = await resume(victim, 'v@a.example', v)
      if (answer.startsWith('<resumed')) again.send(END)
      await again.raw.waitForEnd(500)
      again.raw.close()
      const ids = await collect('v@a.example', 2000 - refused.size)
      // what the resumed connection took before it ended was not acknowledged, so it comes
      accountFor(2000, refused, ids)
      mallory.close()
    },
    { heap: 4 * MB, rss: 16 * MB, peak: 96 * MB },
  ))

test('S82 a long queue comes at the pace of acknowledgements, and the session lives', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const mallory = await login(victim, 'mallory@a.example')
      const count = volume(3000, 10_000)
      assert.equal((await flood(mallory, 'v@a.example', count, 100)).size, 0)
      const v = await managed(victim, 'v@a.example', { presence: false })
      const ids = new Set<string>()
      const take = async (): Promise<void> => {
        for (const one of await v.all()) {
          const id = /<body>(m\d+) /.exec(one)?.[1]
          if (id !== undefined) ids.add(id)
        }
      }
      v.send('<presence/>')
      // one that acknowledges nothing gets a window full, not all of it
      for (let i = 0; i < 3; i++) await take()
      const window = v.h
      assert.ok(window < 200, `${window} stanzas without an acknowledgement`)
      v.acknowledge()
      let most = 0
      let acknowledged = v.h
      for (const deadline = Date.now() + 60_000; ids.size < count && Date.now() < deadline; ) {
        await take()
        most = Math.max(most, v.h - acknowledged)
        v.acknowledge()
        acknowledged = v.h
      }
      note(`${count} messages: at most ${most} stanzas unacknowledged, ${v.requests} requests`)
      assert.ok(most < 500, `${most} stanzas without an acknowledgement`)
      assert.ok(v.requests >= count / 500)
      assert.equal(ids.size, count)
      await v.all()
      v.send(END)
      await expectEnd(v.raw)
      const rest = await collect('v@a.example', 0)
      assert.deepEqual(rest, [], 'nothing comes twice')
      mallory.close()
    },
    { heap: 4 * MB, rss: 16 * MB },
  ))
