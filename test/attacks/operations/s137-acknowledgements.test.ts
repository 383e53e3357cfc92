/**
 * S137 with stream management: a disk that is full refuses with an error or says nothing; what was acknowledged is there after a SIGKILL, whether
 * its recipient was away, or connected and silent about what it got. And it goes on by itself when there is room.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { MB } from '../harness/attack.ts'
import { login } from '../harness/client.ts'
import { attributeOf, bodyOf, type Managed, managed, R } from '../harness/managed.ts'
import { startVictim, type Victim } from '../harness/server.ts'

interface Way {
  readonly archive: boolean
  /** The recipient is connected, and acknowledges nothing. */
  readonly isThere: boolean
  /** The sender can resume: its counts are stored as well. */
  readonly enable: string
}

const config = ({ archive }: Way) => ({
  limits: { bytesPerSecond: 0, offlineMessages: 0, offlineBytes: 0, outboundBytes: 50 * MB, inFlightBytes: 10 * MB },
  management: { stanzas: 100_000, bytes: 50 * MB, ackSeconds: 0 },
  ...(archive ? {} : { features: { archive: false } }),
})

const most = 3000
const batch = 10

/** Sends until something is not kept: how many were acknowledged, and which were refused. */
async function fill(sender: Managed): Promise<{ acknowledged: number; refused: Set<string>; sent: number }> {
  const before = await sender.handled()
  const refused = new Set<string>()
  let [sent, handled, silent] = [0, before, 0]
  const note = (stanzas: readonly string[]): void => {
    for (const one of stanzas)
      if (one.startsWith('<message') && one.includes("type='error'")) refused.add(attributeOf(one, 'id')!)
  }
  // some more after the first that was not, to see that it stays so
  while (sent < most && refused.size + silent < 40) {
    let wire = ''
    for (let i = 0; i < batch; i++)
      wire += `<message type='chat' to='v@a.example' id='m${sent}'><body>m${sent++} ${'x'.repeat(5000)}</body></message>`
    sender.send(wire + R)
    const answer = await sender.other(500).catch(() => undefined)
    if (answer === undefined) silent += batch
    else handled = Math.max(handled, Number(attributeOf(answer, 'h')))
    note(sender.rest())
  }
  note(sender.rest())
  return { acknowledged: handled - before, refused, sent }
}

/** The numbers of all messages that `v` has anywhere: in the archive, or waiting for it. */
async function find(victim: Victim, archive: boolean): Promise<Set<string>> {
  const found = new Set<string>()
  const v = await login(victim, 'v@a.example', { resource: 'later' })
  const take = (wire: string): number => {
    const ids = [...wire.matchAll(/<body>(m\d+) /g)]
    for (const [, id] of ids) found.add(id!)
    return ids.length
  }
  v.send('<presence/>')
  // between two portions nothing may come for a while: it is over when nothing waits any more
  const deadline = Date.now() + 30_000
  const waits = async (): Promise<boolean> => Date.now() < deadline && (await victim.stored('v@a.example')) > 0
  for (let quiet = 0; quiet < 5 || (await waits()); ) {
    quiet = take(await v.fence(30_000)) > 0 ? 0 : quiet + 1
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  for (let page = 0, after = ''; archive; page++) {
    const set = `<set xmlns='http://jabber.org/protocol/rsm'><max>100</max>${after}</set>`
    v.send(`<iq type='set' id='p${page}'><query xmlns='urn:xmpp:mam:2'>${set}</query></iq>`)
    const wire = await v.waitFor(new RegExp(`<iq [^>]*id='p${page}'.*?</iq>`, 's'), 30_000)
    take(wire)
    const last = /<last>([^<]*)<\/last>/.exec(wire)?.[1]
    if (last === undefined || /complete='true'/.test(wire)) break
    after = `<after>${last}</after>`
  }
  v.send('</stream:stream>')
  await v.waitForEnd(5000)
  return found
}

async function run(t: TestContext, way: Way): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-attack-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const full = await startVictim({ canary: false, sqlite: { folder, maxBytes: 3 * MB }, config: config(way) })
  const v = way.isThere ? await managed(full, 'v@a.example') : undefined
  const mallory = await managed(full, 'mallory@a.example', { enable: way.enable })
  const { acknowledged, refused, sent } = await fill(mallory)
  v?.rest()
  await v?.all().catch(() => [])
  const came = v?.h ?? 0
  await full.kill()
  v?.raw.close()
  mallory.raw.close()
  t.diagnostic(
    `${sent} sent, ${acknowledged} acknowledged, ${refused.size} refused${came > 0 ? `, ${came} had come` : ''}`,
  )
  assert.ok(acknowledged > 50, 'there was some room')
  assert.ok(acknowledged < sent || refused.size > 0, 'and then there was none')
  await using roomy = await startVictim({ canary: false, sqlite: { folder }, config: config(way) })
  const found = await find(roomy, way.archive)
  const lost: string[] = []
  for (let i = 0; i < acknowledged; i++) if (!found.has(`m${i}`) && !refused.has(`m${i}`)) lost.push(`m${i}`)
  assert.deepEqual(lost, [], 'what was acknowledged is there')
  // and it goes on
  const again = await managed(roomy, 'mallory@a.example')
  again.send("<message type='chat' to='v@a.example'><body>m99999 again</body></message>")
  assert.equal(await again.handled(), 3)
  again.raw.close()
  assert.ok((await find(roomy, way.archive)).has('m99999'))
}

describe('S137 acknowledges nothing that was not stored', { concurrency: 3 }, () => {
  for (const archive of [false, true])
    for (const isThere of [false, true])
      for (const enable of archive ? ["resume='true'"] : ['', "resume='true'"]) {
        const who = isThere ? 'to a client that acknowledges nothing' : 'to somebody who is away'
        const what = `${who}, archive ${archive ? 'on' : 'off'}, sender ${enable === '' ? 'not ' : ''}resumable`
        test(what, (t) => run(t, { archive, isThere, enable }))
      }
})

test('S137 a sender that had no answer gets one when there is room, without a restart', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-attack-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const way = { archive: false, isThere: true, enable: '' }
  await using victim = await startVictim({ canary: false, sqlite: { folder, maxBytes: 3 * MB }, config: config(way) })
  const v = await managed(victim, 'v@a.example')
  const mallory = await managed(victim, 'mallory@a.example', { enable: '' })
  const { refused, sent } = await fill(mallory)
  const bodies = (await v.all()).flatMap((one) => bodyOf(one) ?? [])
  assert.equal(bodies.length + refused.size, sent)
  v.acknowledge() // this makes room, and somebody answers for every message
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; ) {
    mallory.send(R)
    const answer = await mallory.other(500).catch(() => undefined)
    if (Number(attributeOf(answer, 'h')) >= sent + 2) break
  }
  mallory.send("<message type='chat' to='v@a.example'><body>after</body></message>")
  assert.deepEqual(await v.bodies(1), ['after'])
  v.acknowledge()
  assert.ok((await mallory.handled()) > sent)
  v.raw.close()
  mallory.raw.close()
})
