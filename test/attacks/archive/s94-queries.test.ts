/**
 * S94, S95, S96: queries that are none or too much, archives of others, and paging while messages come. ejabberd 26.07 let SQL in through RSM
 * (15fe9d5cd). Rules of single fields are tested beside the source. Archives of rooms come with the rooms.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { page, whole } from '../harness/archive.ts'
import { attack, volume } from '../harness/attack.ts'
import { login, type RawClient } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'

let victim: Victim
let folder: string
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rookery-attack-'))
  victim = await startVictim({
    sqlite: { folder },
    accounts: ['boss@a.example', 'gone@a.example'],
    config: { limits: { bytesPerSecond: 0 }, features: { register: { open: true } } },
  })
})
after(async () => {
  await victim.stop()
  rmSync(folder, { recursive: true, force: true })
})

const chat = (to: string, body: string): string => `<message to='${to}' type='chat'><body>${body}</body></message>`
const field = (name: string, ...values: readonly string[]): string =>
  `<field var='${name}'>${values.map((value) => `<value>${value}</value>`).join('')}</field>`
const form = (...fields: readonly string[]): string =>
  `<x xmlns='jabber:x:data' type='submit'>${field('FORM_TYPE', 'urn:xmpp:mam:2')}${fields.join('')}</x>`

async function fill(client: RawClient, to: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) client.send(chat(to, `m${i}`))
  await client.fence(30_000)
}

const injections = [
  "1' OR '1'='1",
  "'; DROP TABLE message; --",
  '1) UNION SELECT * FROM account --',
  '%',
  '_',
  '*',
  '-1',
  '0',
  '1',
  '9223372036854775807',
  '9223372036854775808',
  '1e309',
  'NaN',
  '__proto__',
  'constructor',
  '\\u0000',
  '&#xfffd;',
  '../../etc/passwd',
  '{"$gt":""}',
]

test('S94 an id that nobody was told is not found, whatever it says', (t) =>
  attack(t, victim, async ({ note }) => {
    const mallory = await login(victim, 'mallory@a.example', { presence: true })
    const v = await login(victim, 'v@a.example')
    await fill(mallory, 'boss@a.example', 20)
    await fill(v, 'boss@a.example', 20)
    const known = (await page(v, '<max>3</max>')).entries.map(({ id }) => id)
    let count = 0
    // made up, one's own with something behind it, and what is another's
    for (const id of [
      ...injections,
      ...known,
      `${(await page(mallory, '<max>1</max>')).entries[0]!.id}'`,
      'x'.repeat(100_000),
    ]) {
      for (const set of [`<after>${id}</after>`, `<before>${id}</before>`]) {
        const { answer, entries } = await page(mallory, set)
        assert.match(answer, /<error type='cancel'><item-not-found /, `${set.slice(0, 60)}: ${answer}`)
        assert.equal(entries.length, 0)
        count++
      }
      for (const name of ['before-id', 'after-id', 'ids']) {
        const { answer, entries } = await page(mallory, '', form(field(name, id)))
        assert.match(answer, /<item-not-found |<bad-request /, `${name}: ${id.slice(0, 60)}: ${answer}`)
        assert.equal(entries.length, 0)
        count++
      }
    }
    note(`${count} ids`)
    for (const client of [mallory, v]) client.close()
  }))

test('S94 sizes, places and forms out of range are refused or cut, and cost little', (t) =>
  attack(t, victim, async ({ note }) => {
    const mallory = await login(victim, 'mallory@a.example')
    await fill(mallory, 'boss@a.example', 20)
    const sizes = ['-1', 'x', '', ' ', '1.5', '1e9', 'NaN', '0x10', '18446744073709551616', "1' OR 1=1", '-0']
    for (const value of sizes)
      for (const set of [`<max>${value}</max>`, `<index>${value}</index>`]) {
        const { answer, entries } = await page(mallory, set)
        if (!/<bad-request /.test(answer)) assert.ok(entries.length <= 100, `${set}: ${answer}`)
      }
    for (const max of ['1000000000', '4294967295', '9007199254740991']) {
      const { answer, entries } = await page(mallory, `<max>${max}</max>`)
      assert.ok(/<bad-request /.test(answer) || (entries.length > 0 && entries.length <= 100), answer)
    }
    assert.equal((await page(mallory, '<max>5</max><index>4000000000</index>')).entries.length, 0)
    const dates = [
      'yesterday',
      '-1',
      '10000-01-01T00:00:00Z',
      '+275760-09-13T00:00:01Z',
      '0000-00-00T00:00:00Z',
      '2026-02-30T00:00:00Z',
      "' OR 1=1",
      '9'.repeat(10_000),
    ]
    for (const value of dates)
      for (const name of ['start', 'end']) {
        const { answer } = await page(mallory, '<max>1</max>', form(field(name, value)))
        assert.match(answer, /<bad-request |type='result'/, `${name} ${value.slice(0, 40)}`)
      }
    for (const jid of ['@', "'; --", '%', '*', 'a@b@c', 'x'.repeat(5000), '__proto__']) {
      const { answer, entries } = await page(mallory, '', form(field('with', jid)))
      assert.ok(/<bad-request |<jid-malformed /.test(answer) || entries.length === 0, answer)
    }
    const odd = [
      form(field('unknown', 'x')),
      form(field('ids', ...Array.from({ length: 3000 }, (_, i) => `${i}`))),
      form(field('fulltext', 'a '.repeat(3000))),
      form(field('{urn:xmpp:fulltext:0}fulltext', 'a '.repeat(3000))),
      form(field('{urn:xmpp:fulltext:0}fulltext', '"*" OR NEAR( AND ^ : -')),
      form(field('start', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z')),
      `<x xmlns='jabber:x:data' type='submit'>${field('FORM_TYPE', 'urn:x')}</x>`,
      `<x xmlns='jabber:x:data' type='form'/>`,
      `<x xmlns='jabber:x:data'/>`,
      `<x xmlns='jabber:x:data' type='submit'>${'<reported/>'.repeat(1000)}</x>`,
    ]
    for (const wire of odd) {
      const { answer } = await page(mallory, '<max>1</max>', wire)
      assert.match(answer, /type='(error|result)'/)
    }
    note(`${sizes.length * 2 + dates.length * 2 + odd.length} requests`)
    mallory.close()
  }))

test('S95 nobody reads the archive of another, and nobody learns whether there is one', (t) =>
  attack(t, victim, async ({ note }) => {
    const boss = await login(victim, 'boss@a.example', { presence: true })
    const mallory = await login(victim, 'mallory@a.example', { presence: true })
    // even one who may see presence
    mallory.send(`<presence to='boss@a.example' type='subscribe'/>`)
    await mallory.fence()
    boss.send(`<presence to='mallory@a.example' type='subscribed'/>`)
    await boss.fence()
    await fill(boss, 'v@a.example', 5)
    mallory.take()
    const foreign = await login(victim, 'mallory@b.example')
    const questions = [
      (to: string) => `<iq type='set' id='x' to='${to}'><query xmlns='urn:xmpp:mam:2'/></iq>`,
      (to: string) => `<iq type='get' id='x' to='${to}'><query xmlns='urn:xmpp:mam:2'/></iq>`,
      (to: string) => `<iq type='get' id='x' to='${to}'><metadata xmlns='urn:xmpp:mam:2'/></iq>`,
      (to: string) => `<iq type='get' id='x' to='${to}'><prefs xmlns='urn:xmpp:mam:2'/></iq>`,
      (to: string) =>
        `<iq type='set' id='x' to='${to}'><prefs xmlns='urn:xmpp:mam:2' default='always'><always/><never/></prefs></iq>`,
    ]
    const bare = (answer: string): string => answer.replace(/from='[^']*'/, '').replace(/to='[^']*'/, '')
    let count = 0
    for (const client of [mallory, foreign])
      for (const question of questions) {
        const answers: string[] = []
        for (const to of ['boss@a.example', 'nobody@a.example', 'BOSS@A.EXAMPLE', 'boss@a.example./']) {
          client.send(question(to))
          const came = await client.waitFor(/<iq [^>]*id='x'.*?(<\/iq>|\/>)/s)
          assert.doesNotMatch(came, /<result |<body>/)
          if (!to.endsWith('/')) answers.push(bare(came.slice(came.lastIndexOf('<iq '))))
          count++
        }
        assert.match(answers[0]!, /<forbidden |<service-unavailable /)
        assert.equal(new Set(answers).size, 1, 'the same for one who is not there')
      }
    // the host has none
    mallory.send(questions[0]!('a.example'))
    assert.match(await mallory.waitFor(/<iq [^>]*id='x'.*?<\/iq>/s), /type='error'/)
    // with somebody else's address in the form one reads one's own
    const own = await page(mallory, '', form(field('with', 'v@a.example')))
    assert.equal(own.entries.length, 0)
    note(`${count} questions`)
    for (const client of [boss, mallory, foreign]) client.close()
  }))

test('S95 an account that is removed takes its archive with it, and one with its name begins with none', (t) =>
  attack(
    t,
    victim,
    async () => {
      const gone = await login(victim, 'gone@a.example', { presence: true })
      await fill(gone, 'boss@a.example', 10)
      const ids = (await page(gone, '<max>10</max>')).entries.map(({ id }) => id)
      assert.equal(ids.length, 10)
      gone.send(`<iq type='set' id='r'><query xmlns='jabber:iq:register'><remove/></query></iq>`)
      assert.ok(await gone.waitForEnd(5000))
      for (const deadline = Date.now() + 5000; Date.now() < deadline; ) {
        await victim.addAccount('gone@a.example')
        const probe = await login(victim, 'gone@a.example').catch(() => undefined)
        if (probe === undefined) continue
        assert.deepEqual((await page(probe, '<max>10</max>')).entries, [])
        for (const id of ids) {
          const { answer } = await page(probe, '', form(field('ids', id)))
          assert.match(answer, /<item-not-found /)
        }
        probe.close()
        break
      }
      // the other side keeps its own
      const boss = await login(victim, 'boss@a.example')
      const { entries } = await page(boss, '<max>100</max><before/>', form(field('with', 'gone@a.example')))
      assert.equal(entries.length, 10)
      boss.close()
    },
    { once: true },
  ))

test('S96 paging misses nothing and gives nothing twice while messages come', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const v = await login(victim, 'v@a.example')
      const writers = await Promise.all(
        ['mallory@a.example', 'boss@a.example', 'mallory@b.example'].map((jid) => login(victim, jid)),
      )
      await fill(writers[0]!, 'v@a.example', 200)
      const sent = { count: 0, isOver: false }
      const writing = Promise.all(
        writers.map(async (writer, w) => {
          for (let i = 0; !sent.isOver; i++) {
            writer.send(chat('v@a.example', `w${w}-${i}`))
            sent.count++
            await new Promise((resolve) => setTimeout(resolve, 20))
          }
          await writer.fence()
        }),
      )
      const rounds = volume(6, 100)
      const readings: string[][] = []
      for (let i = 0; i < rounds; i++) {
        for (const [way, max] of [
          ['forward', 13],
          ['backward', 17],
        ] as const) {
          // what was there when it began
          const upTo = (await page(v, '<max>1</max><before/>')).entries[0]!.id
          const all = (await whole(v, way, max)).map(({ id }) => id)
          assert.equal(new Set(all).size, all.length, `${way}: nothing twice`)
          assert.ok(all.includes(upTo))
          readings.push(all)
        }
      }
      sent.isOver = true
      await writing
      const last = (await whole(v, 'forward', 100)).map(({ id }) => id)
      for (const reading of readings) {
        // each is a beginning of the whole, without a gap
        assert.deepEqual(reading, last.slice(0, reading.length))
      }
      // and of each sender the order
      const bodies = (await whole(v, 'backward', 100)).map(({ body }) => body)
      for (const w of [0, 1, 2]) {
        const own = bodies.flatMap((body) => (body.startsWith(`w${w}-`) ? [Number(body.slice(3))] : []))
        assert.deepEqual(
          own,
          own.map((_, i) => i),
        )
      }
      assert.equal(last.length, bodies.length)
      note(`${readings.length} readings while ${sent.count} messages came`)
      for (const client of [v, ...writers]) client.close()
    },
    { once: true },
  ))
