/**
 * S79, S80, S83, S84: old and new connections of one client at the same time, resources that two want, order over dropped connections, and
 * connections that are dead without a word. Openfire OF-2808, OF-3155: the old socket's end killed the new session.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectEnd } from '../harness/answers.ts'
import { attack, volume } from '../harness/attack.ts'
import { bind, login, type RawClient } from '../harness/client.ts'
import { authenticated, bodyOf, type Managed, managed, resume } from '../harness/managed.ts'
import { startVictim, type Victim } from '../harness/server.ts'

let victim: Victim
before(async () => {
  victim = await startVictim({
    // without an archive, so that nothing but the sessions has the messages
    config: {
      limits: { bytesPerSecond: 0, sessionsPerAccount: 10 },
      management: { ackSeconds: 4 },
      features: { archive: false },
    },
  })
  const over = await managed(victim, 'v@a.example', { enable: "resume='true' max='0'" })
  over.lose()
})
after(() => victim.stop())

const END = '</stream:stream>'
const chat = (to: string, body: string | number): string =>
  `<message to='${to}' type='chat'><body>${body}</body></message>`
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
/** Always the same. */
let seed = 198
const random = (below: number): number => {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
  return Math.floor((seed / 2_147_483_648) * below)
}

/** What another resource has seen of one: what it said last, and how often it went. */
async function seen(watch: RawClient, resource: string): Promise<{ isThere: boolean; went: number }> {
  const all = await watch.fence()
  const own = [...all.matchAll(/<presence [^>]*>/g)].map(([tag]) => tag).filter((tag) => tag.includes(`/${resource}'`))
  const went = own.filter((tag) => tag.includes("type='unavailable'"))
  return { isThere: own.length === 0 || !own.at(-1)!.includes("type='unavailable'"), went: went.length }
}

test('S79 a session that is resumed while its old connection is open, or ends, lives on unseen', (t) =>
  attack(t, victim, async ({ note }) => {
    const watch = await login(victim, 'v@a.example', { resource: 'watch', presence: true })
    const mallory = await login(victim, 'mallory@a.example')
    let v = await managed(victim, 'v@a.example', { resource: 'phone' })
    await watch.fence()
    const rounds = volume(150, 1000)
    for (let i = 0; i < rounds; i++) {
      const old = v
      // the old connection is alive, half closed, reset, or about to be
      const how = random(4)
      if (how === 1) old.raw.socket.end()
      if (how === 2) old.raw.reset()
      if (how === 3) setTimeout(() => old.raw.reset(), random(8))
      const [next, answer] = await resume(victim, 'v@a.example', { id: old.id, h: old.h })
      assert.match(answer, /^<resumed /, `round ${i}, ${how}`)
      if (random(2) === 0) await pause(random(5))
      old.raw.close()
      mallory.send(chat('v@a.example/phone', i))
      const bodies = await next.bodies(1)
      assert.deepEqual(bodies, [String(i)])
      next.acknowledge()
      assert.equal(await victim.sessionsOf('v@a.example'), 2)
      v = next
    }
    assert.deepEqual(await seen(watch, 'phone'), { isThere: true, went: 0 })
    v.send(END)
    await expectEnd(v.raw)
    assert.deepEqual(await seen(watch, 'phone'), { isThere: false, went: 1 })
    for (const client of [watch, mallory]) client.close()
    note(`${rounds} resumptions`)
  }))

test('S79 a resource that is bound again while its old connection is open belongs to the new one', (t) =>
  attack(t, victim, async ({ note }) => {
    const watch = await login(victim, 'v@a.example', { resource: 'watch', presence: true })
    const mallory = await login(victim, 'mallory@a.example')
    let v = await managed(victim, 'v@a.example', { resource: 'phone' })
    const rounds = volume(100, 1000)
    for (let i = 0; i < rounds; i++) {
      const old = v
      if (random(2) === 0) old.raw.reset()
      else setTimeout(() => old.raw.reset(), random(8))
      v = await managed(victim, 'v@a.example', { resource: 'phone' })
      if (random(2) === 0) await pause(random(5))
      mallory.send(chat('v@a.example/phone', i))
      assert.deepEqual(await v.bodies(1), [String(i)])
      v.acknowledge()
      assert.equal(await victim.sessionsOf('v@a.example'), 2)
      const { isThere } = await seen(watch, 'phone')
      assert.ok(isThere, 'what is said of the old one comes before what is said of the new one')
    }
    v.send(END)
    await expectEnd(v.raw)
    for (const client of [watch, mallory]) client.close()
    note(`${rounds} logins with the same resource`)
  }))

test('S79, S84 a connection that was given up and closes at last takes nothing with it', (t) =>
  attack(t, victim, async ({ note }) => {
    const mallory = await login(victim, 'mallory@a.example')
    const deaf: Managed[] = []
    for (let i = 0; i < 5; i++) {
      const one = await managed(victim, 'v@a.example', { resource: `deaf${i}`, presence: false })
      one.acknowledge()
      await one.all()
      one.raw.socket.pause() // neither reads nor answers nor closes: as if its packets were dropped
      mallory.send(chat(`v@a.example/deaf${i}`, 'before'))
      deaf.push(one)
    }
    await mallory.fence()
    const begun = performance.now()
    // 4 seconds to acknowledge, and a second until it is looked at; then the connection lingers for 5
    await pause(6500)
    const next: Managed[] = []
    for (const one of deaf) {
      const [again, answer] = await resume(victim, 'v@a.example', one)
      assert.match(answer, /^<resumed /)
      assert.deepEqual(await again.bodies(1), ['before'])
      again.acknowledge()
      next.push(again)
    }
    await pause(6000)
    assert.ok(performance.now() - begun < 30_000)
    for (const [i, again] of next.entries()) {
      mallory.send(chat(`v@a.example/deaf${i}`, 'after'))
      assert.deepEqual(await again.bodies(1), ['after'])
      again.send(END)
      await expectEnd(again.raw)
      deaf[i]!.raw.socket.resume()
      const old = await deaf[i]!.raw.waitFor('</stream:stream>').catch(() => 'reset')
      assert.match(old, /<connection-timeout |reset/)
      deaf[i]!.raw.socket.destroy()
    }
    mallory.close()
    note('5 clients that went silent, resumed before their old connections were closed')
  }))

test('S84 messages of a client that went silent go to the others once it does not come back', (t) =>
  attack(t, victim, async () => {
    const mallory = await login(victim, 'mallory@a.example')
    const silent = await managed(victim, 'v@a.example', { resource: 'silent', enable: "resume='1' max='1'" })
    silent.acknowledge()
    await silent.all()
    silent.raw.socket.pause()
    mallory.send(chat('v@a.example', 'anybody?'))
    await mallory.fence()
    const other = await managed(victim, 'v@a.example', { resource: 'other' })
    other.acknowledge()
    assert.deepEqual(await other.bodies(1, 30_000), ['anybody?'])
    other.acknowledge()
    for (const client of [other, silent]) client.send(END)
    silent.raw.reset()
    await expectEnd(other.raw)
    mallory.close()
  }))

test('S80 of two that bind a resource at the same time one has it, and everybody knows which', (t) =>
  attack(t, victim, async ({ note }) => {
    const mallory = await login(victim, 'mallory@a.example')
    const rounds = volume(50, 500)
    for (let i = 0; i < rounds; i++) {
      const both = await Promise.all([authenticated(victim, 'v@a.example'), authenticated(victim, 'v@a.example')])
      for (const one of both) one.send(bind('r'))
      await Promise.all(both.map((one) => one.waitFor('</iq>')))
      const last = both.map(async (one) => [await one.waitFor('</stream:stream>'), one] as const)
      for (const one of last) one.catch(() => undefined)
      const [words, loser] = await Promise.race(last)
      assert.match(words, /<conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'\/>/)
      const winner = both.find((one) => one !== loser)!
      winner.jid = 'v@a.example/r'
      await winner.fence()
      mallory.send(chat('v@a.example/r', i))
      await winner.waitFor(`<body>${i}</body>`)
      assert.equal(await victim.sessionsOf('v@a.example'), 1)
      winner.send(`${bind('again')}`)
      assert.match(await winner.waitFor('</iq>'), /type='error'/, 'one stream has one resource')
      for (const one of both) one.close()
      while ((await victim.sessionsOf('v@a.example')) > 0) await pause(2)
    }
    note(`${rounds} times two`)
    mallory.close()
  }))

test('S80 an account has so many resources and no more, but those who are away make room', (t) =>
  attack(t, victim, async ({ note }) => {
    const clients: Managed[] = []
    for (let i = 0; i < 10; i++)
      clients.push(await managed(victim, 'mallory@a.example', { resource: `r${i}`, presence: false }))
    const tries = volume(100, 10_000)
    for (let i = 0; i < tries; i++) {
      const raw = await authenticated(victim, 'mallory@a.example')
      raw.send(bind(`more${i}`))
      assert.match(await raw.waitFor('</iq>'), /<error type='wait'><resource-constraint /)
      raw.close()
    }
    assert.equal(await victim.sessionsOf('mallory@a.example'), 10)
    clients[3]!.lose()
    while (!(await settled(3))) await pause(5)
    const eleventh = await managed(victim, 'mallory@a.example', { resource: 'eleventh', presence: false })
    const [late, answer] = await resume(victim, 'mallory@a.example', clients[3]!)
    assert.match(answer, /^<failed /)
    late.raw.close()
    for (const one of [...clients.filter((_, i) => i !== 3), eleventh]) {
      one.send(END)
      await expectEnd(one.raw)
    }
    note(`${tries} resources too many`)

    /** The server has seen that the connection is gone when another login makes the session go. */
    async function settled(_: number): Promise<boolean> {
      const raw = await authenticated(victim, 'mallory@a.example')
      raw.send(bind('probe'))
      const done = /type='result'/.test(await raw.waitFor('</iq>'))
      raw.send(END)
      await expectEnd(raw)
      return done
    }
  }))

test('S83 messages keep their order over dropped connections, each comes once (preserve_order)', (t) =>
  attack(t, victim, async ({ note }) => {
    const mallory = await login(victim, 'mallory@a.example')
    const boss = await login(victim, 'mallory@b.example')
    let v = await managed(victim, 'v@a.example')
    const count = volume(1000, 10_000)
    const got: Record<string, number[]> = { a: [], b: [] }
    let [sent, drops] = [0, 0]
    const take = (stanzas: readonly string[]): void => {
      for (const one of stanzas) {
        const body = bodyOf(one)
        if (body !== undefined) got[body[0]!]!.push(Number(body.slice(1)))
      }
    }
    while (got['a']!.length < count || got['b']!.length < count) {
      for (let i = 0; i < 1 + random(20) && sent < count; i++, sent++) {
        mallory.send(chat('v@a.example', `a${sent}`))
        boss.send(chat('v@a.example', `b${sent}`))
      }
      if (random(3) > 0) {
        take(await v.all())
        if (random(2) === 0) v.acknowledge()
        continue
      }
      // what has been read counts as handled, what is still under way does not
      const old = v
      take(old.rest())
      old.raw.reset()
      const [next, answer] = await resume(victim, 'v@a.example', { id: old.id, h: old.h })
      assert.match(answer, /^<resumed /)
      drops++
      v = next
    }
    const order = Array.from({ length: count }, (_, i) => i)
    assert.deepEqual(got['a'], order)
    assert.deepEqual(got['b'], order)
    note(`${count} messages each of two senders, ${drops} dropped connections`)
    v.send(END)
    await expectEnd(v.raw)
    for (const client of [mallory, boss]) client.close()
  }))
