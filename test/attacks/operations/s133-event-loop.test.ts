/** S133, S135: what might hold up the event loop, and numbers at their edges. JSON comes with the HTTP listener, `h` with stream management, RSM with the archive (issue 3). */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectStanzaError, expectStreamError } from '../harness/answers.ts'
import { attack, MB } from '../harness/attack.ts'
import { login, RawClient, SASL } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'

let victim: Victim
let generous: Victim
before(async () => {
  victim = await startVictim()
  generous = await startVictim({
    config: { limits: { stanzaElements: 40_000, bytesPerSecond: 0, rosterItems: 20_000 } },
  })
})
after(() => Promise.all([victim.stop(), generous.stop()]))

test('S133 handles a stanza of 30,000 elements, and 100 kB of base64, between the messages of others', (t) =>
  attack(
    t,
    generous,
    async ({ note }) => {
      const v = await login(generous, 'v@a.example')
      const mallory = await login(generous, 'mallory@a.example')
      for (let round = 0; round < 5; round++) {
        const wide = `<x xmlns='urn:x'>${'<a b="c"/>'.repeat(26_000)}</x>`
        mallory.send(`<message to='v@a.example/r'>${wide}</message>`)
        mallory.send(`<message to='v@a.example/r'><x xmlns='urn:x'>${'<a/>'.repeat(30_000)}<![CDATA[]]></x></message>`)
        mallory.send(`<message to='v@a.example/r'><data xmlns='urn:x'>${'QUJD'.repeat(25_000)}</data></message>`)
        await mallory.fence(20_000)
        const came = await v.fence(20_000)
        assert.equal(came.split('</message>').length - 1, 3)
      }
      const early = await RawClient.connect({ port: generous.port })
      await early.open()
      early.send(`<auth xmlns='${SASL}' mechanism='PLAIN'>${'QUJD'.repeat(25_000)}</auth>`)
      await expectStreamError(early, 'policy-violation')
      mallory.close()
      v.close()
      note('26,000 and 30,000 elements, 100 kB of base64, five times')
    },
    // the archives of both keep it
    { peak: 160 * MB, rss: 32 * MB, heap: 12 * MB },
  ))

test('S133 refuses 30,000 elements with the limits as they come', (t) =>
  attack(t, victim, async () => {
    const mallory = await login(victim, 'mallory@a.example')
    mallory.send(`<message to='v@a.example/r'>${'<a/>'.repeat(30_000)}</message>`)
    await expectStreamError(mallory, 'policy-violation')
  }))

test('S133 reads and writes a roster of 10,000 contacts', (t) =>
  attack(
    t,
    generous,
    async ({ note }) => {
      const mallory = await login(generous, 'mallory@b.example')
      const items = 10_000
      for (let i = 0; i < items; i += 1000) {
        let wire = ''
        for (let k = i; k < i + 1000; k++)
          wire += `<iq type='set' id='s'><query xmlns='jabber:iq:roster'><item jid='contact${k}@c.example' name='Contact ${k}'><group>g</group></item></query></iq>`
        mallory.send(wire)
        await mallory.fence(30_000)
      }
      const start = performance.now()
      for (let round = 0; round < 5; round++) {
        mallory.send("<iq type='get' id='all'><query xmlns='jabber:iq:roster'/></iq>")
        const came = await mallory.fence(30_000)
        assert.equal(came.split('<item ').length - 1, items)
      }
      note(`${items} contacts added, then the roster read five times in ${(performance.now() - start).toFixed(0)} ms`)
      mallory.close()
    },
    // the roster itself is kept
    { peak: 192 * MB, rss: 32 * MB, heap: 16 * MB },
  ))

test('S135 refuses priorities that are none, and clamps nothing silently', (t) =>
  attack(t, victim, async ({ note }) => {
    const mallory = await login(victim, 'mallory@a.example')
    const bad = [
      '128',
      '-129',
      '1e309',
      'NaN',
      'Infinity',
      '-Infinity',
      '0x10',
      '1.5',
      '9007199254740993',
      '99999999999999999999',
      '--1',
      '',
      '٣',
    ]
    for (const priority of bad) {
      mallory.sendText(`<presence id='p'><priority>${priority}</priority></presence>`)
      await expectStanzaError(mallory, 'p', 'modify', 'bad-request')
    }
    for (const priority of ['127', '-128', '0', '-0', '+1', ' 5 ', '007']) {
      mallory.send(`<presence id='p'><priority>${priority}</priority></presence>`)
      assert.ok(!(await mallory.fence()).includes("type='error'"), priority)
    }
    mallory.close()
    note(`refused: ${bad.join(' ')}`)
  }))

test('S135 survives numbers and dates out of range wherever they are read', (t) =>
  attack(t, victim, async ({ note }) => {
    const mallory = await login(victim, 'mallory@a.example', { presence: true })
    const numbers = [
      '-1',
      '4294967296',
      '9007199254740993',
      '18446744073709551616',
      '1e309',
      '-1e309',
      'NaN',
      '-0',
      '0.5',
      '',
    ]
    const dates = [
      '10000-01-01T00:00:00Z',
      '-0001-01-01T00:00:00Z',
      '2026-02-30T00:00:00Z',
      '2026-01-01T24:00:01Z',
      '9999999999999',
      'NaN',
    ]
    for (const number of numbers) {
      mallory.send(`<iq type='get' id='r'><query xmlns='jabber:iq:roster' ver='${number}'/></iq>`)
      mallory.send(
        `<iq type='get' id='d' to='a.example'><query xmlns='http://jabber.org/protocol/disco#items'><set xmlns='http://jabber.org/protocol/rsm'><max>${number}</max><index>${number}</index></set></query></iq>`,
      )
      mallory.send(
        `<iq type='set' id='s'><query xmlns='jabber:iq:roster'><item jid='n@b.example' approved='${number}'/></query></iq>`,
      )
    }
    // offline messages carry and get stamps
    for (const stamp of dates) {
      mallory.send(
        `<message to='v@a.example' type='chat'><body>x</body><delay xmlns='urn:xmpp:delay' stamp='${stamp}' from='a.example'/></message>`,
      )
      mallory.send(
        `<presence to='v@a.example' type='unavailable'><delay xmlns='urn:xmpp:delay' stamp='${stamp}'/></presence>`,
      )
    }
    const answers = await mallory.fence()
    assert.ok(!answers.includes('internal-server-error'), answers)
    assert.ok(!/NaN|Infinity|Invalid Date|e\+/.test(answers), answers)
    mallory.send("<iq type='get' id='l' to='v@a.example'><query xmlns='jabber:iq:last'/></iq>")
    await mallory.fence()
    const v = await login(victim, 'v@a.example', { resource: 'r' })
    v.send('<presence/>')
    const came = await v.fence()
    for (const [, stamp] of came.matchAll(/from='a\.example' stamp='([^']*)'/g))
      assert.ok(!Number.isNaN(Date.parse(stamp!)), stamp)
    v.close()
    mallory.close()
    note(`${numbers.join(' ')}; ${dates.join(' ')}`)
  }))
