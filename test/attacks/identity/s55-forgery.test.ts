/**
 * S55 to S60, the server's part: pushes, copies, results, ids, delays and corrections in somebody else's name arrive in the true name of their sender, or
 * without what only a server may say. Gajim CVE-2015-8688, Smack CVE-2014-0364 (rosters), CVE-2017-5589 to 5606 (carbons in 13 clients), Dino CVE-2019-16237
 * (archives), ejabberd 25.04 (ids). What a client has to do about them comes with the client library, and its tests.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { page } from '../harness/archive.ts'
import { attack } from '../harness/attack.ts'
import { login, type RawClient } from '../harness/client.ts'
import { attributeOf, split } from '../harness/managed.ts'
import { startVictim, type Victim } from '../harness/server.ts'

let victim: Victim
before(async () => {
  victim = await startVictim({ accounts: ['boss@a.example'], config: { limits: { bytesPerSecond: 0 } } })
})
after(() => victim.stop())

const both = async (): Promise<[RawClient, RawClient]> => [
  await login(victim, 'v@a.example', { presence: true }),
  await login(victim, 'mallory@a.example', { presence: true }),
]
/** What reaches v of what mallory says. */
async function reaches(mallory: RawClient, v: RawClient, wire: string): Promise<string> {
  mallory.send(wire)
  await mallory.fence()
  return v.fence()
}
const message = (payload: string, attributes = "to='v@a.example/r' type='chat'"): string =>
  `<message ${attributes}><body>x</body>${payload}</message>`

test('S55 a roster push of somebody else is a request like any other, and the roster stays as it is', (t) =>
  attack(t, victim, async ({ note }) => {
    const [v, mallory] = await both()
    const item =
      "<query xmlns='jabber:iq:roster' ver='x'><item jid='evil@a.example' name='Boss' subscription='both'/></query>"
    const roster = async (): Promise<string> => {
      v.send("<iq type='get' id='g'><query xmlns='jabber:iq:roster'/></iq>")
      return v.waitFor(/<iq [^>]*id='g'.*?<\/iq>/s)
    }
    const before = await roster()
    const targets = ['v@a.example', 'v@a.example/r', 'V@A.EXAMPLE/r', 'a.example', 'nobody@a.example/r']
    for (const type of ['set', 'result'])
      for (const to of targets) {
        const came = await reaches(mallory, v, `<iq type='${type}' id='f' to='${to}'>${item}</iq>`)
        // an answer that v has not asked for, in the name of who gives it
        if (type === 'result' && to.toLowerCase() === 'v@a.example/r')
          assert.match(came, /^<iq [^>]*from='mallory@a\.example\/r'/)
        else assert.equal(came, '', `${type} to ${to}`)
      }
    // one who is known may ask a resource, in his own name
    v.send("<presence to='mallory@a.example/r'/>")
    await v.fence()
    const asked = await reaches(mallory, v, `<iq type='set' id='f' to='v@a.example/r'>${item}</iq>`)
    assert.match(asked, /^<iq [^>]*from='mallory@a\.example\/r'/)
    assert.equal((asked.match(/<iq /g) ?? []).length, 1)
    // and by presence: a subscription that was never asked for changes nothing
    for (const type of ['subscribed', 'unsubscribed', 'unsubscribe'])
      await reaches(mallory, v, `<presence to='v@a.example' type='${type}'/>`)
    assert.equal(await roster(), before)
    note(`${targets.length} addresses`)
    for (const client of [v, mallory]) client.close()
  }))

const forwarded = (from: string): string =>
  `<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='${from}' to='v@a.example' type='chat'><body>forged</body></message></forwarded>`

test('S56 copies that the server did not make reach nobody', (t) =>
  attack(t, victim, async ({ note }) => {
    const [v, mallory] = await both()
    const own = await login(victim, 'v@a.example', { resource: 'own', presence: true })
    await v.fence()
    const copies = ['received', 'sent'].flatMap((kind) => [
      `<${kind} xmlns='urn:xmpp:carbons:2'>${forwarded('boss@a.example')}</${kind}>`,
      `<c:${kind} xmlns:c='urn:xmpp:carbons:2'>${forwarded('boss@a.example')}</c:${kind}>`,
      `<${kind} xmlns='&#117;rn:xmpp:carbons:2'>${forwarded('boss@a.example')}</${kind}>`,
      `<${kind} xmlns="urn:xmpp:carbons:2"/>`,
      `<${kind} xmlns='urn:xmpp:carbons:2'/>`.repeat(5),
    ])
    let count = 0
    for (const sender of [mallory, own])
      for (const copy of copies)
        for (const attributes of [
          "to='v@a.example/r' type='chat'",
          "to='v@a.example'",
          "to='v@a.example/r' type='headline'",
          "to='v@a.example/r' type='error'",
        ]) {
          const came = await reaches(sender, v, message(copy, attributes))
          assert.ok(!came.includes('urn:xmpp:carbons'), `${copy}: ${came}`)
          if (came !== '') assert.match(came, /^<message [^>]*from='(mallory|v)@a\.example\/(r|own)'/)
          await own.fence()
          count++
        }
    // nor do they get into the archive
    const { entries } = await page(v, '<max>100</max><before/>')
    assert.ok(entries.length > 0)
    for (const { wire } of entries) assert.ok(!wire.includes('urn:xmpp:carbons'), wire)
    note(`${count} messages`)
    for (const client of [v, mallory, own]) client.close()
  }))

test('S57 results of an archive come from oneself alone', (t) =>
  attack(t, victim, async () => {
    const [v, mallory] = await both()
    const result = `<result xmlns='urn:xmpp:mam:2' queryid='q1' id='1'>${forwarded('boss@a.example')}</result>`
    v.send("<iq type='set' id='q1'><query xmlns='urn:xmpp:mam:2' queryid='q1'/></iq>")
    for (const attributes of [
      "to='v@a.example/r'",
      "to='v@a.example'",
      "to='v@a.example/r' from='mallory@a.example'",
    ]) {
      const came = await reaches(mallory, v, message(result, attributes))
      // beside what the archive of v really says
      const others = split(came).elements.filter((one) => one.includes('<body>x</body><result'))
      for (const one of others.filter((one) => attributeOf(one, 'from') !== 'v@a.example'))
        assert.equal(attributeOf(one, 'from'), 'mallory@a.example/r')
    }
    // nobody may say who he is not
    mallory.send(message(result, "to='v@a.example/r' from='v@a.example'"))
    await mallory.waitFor('</stream:stream>')
    assert.equal(await v.fence(), '')
    v.close()
  }))

test('S58 an id of the archive is given by the server, and there is one', (t) =>
  attack(t, victim, async ({ note }) => {
    const [v, mallory] = await both()
    const forged = [
      "<stanza-id xmlns='urn:xmpp:sid:0' by='v@a.example' id='forged1'/>".repeat(3),
      "<s:stanza-id xmlns:s='urn:xmpp:sid:0' by='v@a.example' id='forged2'/>",
      "<stanza-id xmlns='urn:xmpp:sid:0' by='V@A.EXAMPLE' id='forged3'/>",
      "<stanza-id xmlns='urn:xmpp:sid:0' by='v@a.example/r' id='forged4'/>",
      "<stanza-id xmlns='urn:xmpp:sid:0' by='v@a.example.' id='forged5'/>",
      "<stanza-id xmlns='urn:xmpp:sid:0' by='a.example' id='forged6'/>",
      "<stanza-id xmlns='urn:xmpp:sid:0' by='mallory@a.example' id='forged7'/>",
      "<stanza-id xmlns='urn:xmpp:sid:0' id='forged8'/>",
      "<stanza-id xmlns='urn:xmpp:sid:0' by='' id='forged9'/>",
      "<stanza-id xmlns='urn:xmpp:sid:0' by='v&#xad;@a.example' id='forged10'/>",
      "<stanza-id xmlns='&#x75;rn:xmpp:sid:0' by='&#118;@a.example' id='forged11'/>",
    ]
    const ids = new Set<string>()
    for (const mark of forged) {
      const came = await reaches(mallory, v, message(mark))
      const own = [...came.matchAll(/<(?:\w+:)?stanza-id [^>]*by='([^']*)'[^>]*>/g)].filter(
        ([, by]) => by!.toLowerCase().startsWith('v@a.example') || by === 'a.example' || by === '',
      )
      assert.equal(own.length, 1, `${mark}: ${came}`)
      assert.match(own[0]![0], /by='v@a\.example'/)
      assert.doesNotMatch(own[0]![0], /forged/)
      ids.add(/ id='([^']*)'/.exec(own[0]![0])![1]!)
    }
    assert.equal(ids.size, forged.length)
    // the ids are those of the archive, in which nothing forged is found either
    const { entries } = await page(v, `<max>${forged.length}</max><before/>`)
    assert.deepEqual(new Set(entries.map(({ id }) => id)), ids)
    for (const { wire } of entries) assert.doesNotMatch(wire, /by='v@a\.example'[^>]*id='forged/)
    // ids of occupants are for rooms to give
    note(`${forged.length} forged ids`)
    for (const client of [v, mallory]) client.close()
  }))

test('S59 delays in the name of the server, and words of rooms, are not passed on', (t) =>
  attack(t, victim, async ({ note }) => {
    const [v, mallory] = await both()
    const stamp = "stamp='2001-01-01T00:00:00Z'"
    const forged = [
      `<delay xmlns='urn:xmpp:delay' from='a.example' ${stamp}/>`,
      `<delay xmlns='urn:xmpp:delay' from='A.EXAMPLE' ${stamp}/>`,
      `<delay xmlns='urn:xmpp:delay' from='v@a.example' ${stamp}/>`,
      `<d:delay xmlns:d='urn:xmpp:delay' from='v@a.example/r' ${stamp}/>`,
      `<x xmlns='jabber:x:delay' from='a.example' stamp='20010101T00:00:00'/>`,
      "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='owner' role='moderator'/><status code='110'/></x>",
      "<m:x xmlns:m='http://jabber.org/protocol/muc#user'><m:item affiliation='owner'/></m:x>",
    ]
    for (const mark of forged) {
      const came = await reaches(mallory, v, message(mark))
      assert.match(came, /<body>x<\/body>/)
      assert.ok(!/urn:xmpp:delay|jabber:x:delay|muc#user/.test(came), `${mark}: ${came}`)
    }
    // what somebody says of himself may stand, in his name
    const own = await reaches(
      mallory,
      v,
      message(`<delay xmlns='urn:xmpp:delay' from='mallory@a.example/r' ${stamp}/>`),
    )
    if (own.includes('urn:xmpp:delay')) assert.match(own, /<delay [^>]*from='mallory@a\.example\/r'/)
    // nobody sends for others to many (XEP-0033)
    const many =
      "<addresses xmlns='http://jabber.org/protocol/address'><address type='to' jid='boss@a.example'/></addresses>"
    const boss = await login(victim, 'boss@a.example', { presence: true })
    await reaches(mallory, v, message(many))
    mallory.send(message(many, "to='a.example'"))
    await mallory.fence()
    assert.equal(await boss.fence(), '')
    // and the archive has the time of the server
    const { entries } = await page(v, '<max>5</max><before/>')
    for (const entry of entries) assert.ok(!entry.stamp.startsWith('2001'), entry.wire)
    // what waits for somebody has one delay, of the server
    v.send('</stream:stream>')
    await v.waitForEnd(5000)
    mallory.send(message(forged[0]! + forged[2]!, "to='v@a.example' type='chat'"))
    await mallory.fence()
    const later = await login(victim, 'v@a.example')
    later.send('<presence/>')
    const kept = await later.waitFor('</message>')
    assert.equal((kept.match(/<delay /g) ?? []).length, 1, kept)
    assert.doesNotMatch(kept, /2001/)
    note(`${forged.length} marks`)
    for (const client of [later, mallory, boss]) client.close()
  }))

test('S60 nobody takes back or replaces in the archive what another has said', (t) =>
  attack(
    t,
    victim,
    async () => {
      const [v, mallory] = await both()
      const boss = await login(victim, 'boss@a.example', { presence: true })
      const said = (id: string, body: string): string =>
        `<message to='v@a.example/r' type='chat' id='${id}'><body>${body}</body><origin-id xmlns='urn:xmpp:sid:0' id='${id}'/></message>`
      const theirs = await reaches(boss, v, said('m1', 'the truth'))
      const id = /<stanza-id [^>]*? id='([^']*)'/.exec(theirs)![1]!
      await reaches(mallory, v, said('m1', 'mine, with the same id'))
      const takeBack = (which: string): string[] => [
        `<message to='v@a.example/r' type='chat' id='t1'><retract xmlns='urn:xmpp:message-retract:1' id='${which}'/><store xmlns='urn:xmpp:hints'/></message>`,
        `<message to='v@a.example/r' type='chat' id='t2'><apply-to xmlns='urn:xmpp:fasten:0' id='${which}'><retract xmlns='urn:xmpp:message-retract:0'/></apply-to><store xmlns='urn:xmpp:hints'/></message>`,
        `<message to='v@a.example/r' type='chat'><body>changed</body><replace xmlns='urn:xmpp:message-correct:0' id='${which}'/></message>`,
        `<message to='v@a.example/r' type='chat'><body/><retracted xmlns='urn:xmpp:message-retract:1' id='${which}' stamp='2001-01-01T00:00:00Z'/></message>`,
      ]
      const foreign = await login(victim, 'mallory@b.example')
      for (const sender of [mallory, foreign])
        for (const which of [id, 'm1']) for (const wire of takeBack(which)) await reaches(sender, v, wire)
      const bodies = async (): Promise<string[]> =>
        (await page(v, '<max>100</max><before/>')).entries.map(({ body }) => body)
      assert.ok((await bodies()).includes('the truth'))
      assert.ok(!(await bodies()).includes('mine, with the same id'), 'one may take back what one has said')
      // neither may the recipient, in the name of the other; his own copy of it may go by his own wish alone
      boss.send(takeBack('m1')[0]!)
      await boss.fence()
      await v.fence()
      assert.ok(!(await bodies()).includes('the truth'), 'and so may the boss')
      for (const client of [v, mallory, boss, foreign]) client.close()
    },
    { once: true },
  ))
