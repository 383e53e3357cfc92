/**
 * S62: a block list cannot be walked around by another form of an address, and who is blocked cannot tell: everything looks as if the account
 * were not there. XEP-0191 1.3. Carbons, archive, PEP and rooms come with their features.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { expectSilence } from '../harness/answers.ts'
import { attack } from '../harness/attack.ts'
import { login, type RawClient } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'

let victim: Victim
before(async () => {
  victim = await startVictim({ accounts: ['friend@a.example', 'away@a.example'] })
})
after(() => victim.stop())

const BLOCKING = 'urn:xmpp:blocking'

async function set(client: RawClient, payload: string): Promise<void> {
  client.sendText(`<iq type='set' id='set'>${payload}</iq>`)
  assert.match(await client.waitFor(/<iq [^>]*id='set'[^>]*?(\/>|>.*?<\/iq>)/s), /type='result'/)
}
const block = (client: RawClient, jid: string): Promise<void> =>
  set(client, `<block xmlns='${BLOCKING}'><item jid='${jid}'/></block>`)
const unblock = (client: RawClient): Promise<void> => set(client, `<unblock xmlns='${BLOCKING}'/>`)

/** Everything one can say to an account that is not a room. */
function approaches(to: string): string[] {
  const local = [
    to,
    `${to}/r`,
    `${to.toUpperCase()}`,
    `${to}./r`,
    `${to.replace('a.example', 'A.eXample')}/r`,
    `${to}/nowhere`,
  ]
  return local.flatMap((target) => [
    ...['chat', 'normal', 'headline', 'groupchat', 'error'].map(
      (type) => `<message type='${type}' to='${target}' id='m-${type}'><body>x</body></message>`,
    ),
    `<message to='${target}' id='m'><body>x</body><received xmlns='urn:xmpp:carbons:2'/></message>`,
    ...['', 'unavailable', 'subscribe', 'subscribed', 'unsubscribe', 'unsubscribed', 'error'].map(
      (type) => `<presence ${type === '' ? '' : `type='${type}' `}to='${target}' id='p-${type}'/>`,
    ),
    ...['get', 'set', 'result', 'error'].flatMap((type) => [
      `<iq type='${type}' to='${target}' id='i-${type}'><ping xmlns='urn:xmpp:ping'/></iq>`,
      `<iq type='${type}' to='${target}' id='v-${type}'><vCard xmlns='vcard-temp'/></iq>`,
      `<iq type='${type}' to='${target}' id='l-${type}'><query xmlns='jabber:iq:last'/></iq>`,
      `<iq type='${type}' to='${target}' id='d-${type}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`,
    ]),
  ])
}

/** What mallory is told about an account, with its name taken out. */
async function told(mallory: RawClient, name: string): Promise<string[]> {
  const answers: string[] = []
  for (const wire of approaches(`${name}@a.example`)) {
    mallory.send(wire)
    const blind = (text: string): string => text.replaceAll(new RegExp(`${name}@`, 'gi'), 'NAME@')
    answers.push(`${blind(wire)} → ${blind(await mallory.fence())}`)
  }
  return answers
}

/** Spellings by which mallory@b.example can be blocked. */
const forms = [
  'mallory@b.example',
  'MALLORY@B.EXAMPLE',
  'ｍallory@b.example',
  'mallory@b.example.',
  'mallory@b.example/r',
  'b.example',
  'B.Example.',
]

test('S62 blocks every form of an address, to every form of an address', (t) =>
  attack(t, victim, async ({ note }) => {
    const mallory = await login(victim, 'mallory@b.example', { presence: true })
    const v = await login(victim, 'v@a.example', { presence: true })
    await set(v, `<vCard xmlns='vcard-temp'><FN>V</FN></vCard>`)
    let sent = 0
    for (const form of forms) {
      await block(v, form)
      for (const wire of approaches('v@a.example')) {
        // a request to subscribe is the account's, not the resource's
        if (form.includes('/') && /type='(un)?subscribe/.test(wire)) continue
        mallory.send(wire)
        sent++
      }
      await mallory.fence()
      mallory.take()
      await expectSilence(v)
      await unblock(v)
      mallory.send("<message to='v@a.example' type='chat'><body>again</body></message>")
      await mallory.fence()
      assert.match(await v.fence(), /<body>again</, `${form} is not blocked any more`)
    }
    // what does not cover mallory does not block him
    for (const form of [
      'mallory@a.example',
      'mallory@b.example/other',
      'b.example/r',
      'x.b.example',
      'allory@b.example',
    ]) {
      await block(v, form)
      mallory.send("<message to='v@a.example' type='chat'><body>heard</body></message>")
      await mallory.fence()
      assert.match(await v.fence(), /<body>heard</, form)
      await unblock(v)
    }
    note(`${forms.length} forms of the blocked address, ${sent} stanzas`)
    mallory.close()
    v.close()
  }))

test('S62 answers who is blocked as if there were no account', (t) =>
  attack(t, victim, async ({ note }) => {
    const mallory = await login(victim, 'mallory@b.example', { presence: true })
    const [online, away] = await Promise.all([
      login(victim, 'v@a.example', { presence: true }),
      login(victim, 'away@a.example', { presence: true }),
    ])
    for (const client of [online, away]) {
      await set(client, `<vCard xmlns='vcard-temp'><FN>V</FN></vCard>`)
      await block(client, 'mallory@b.example')
    }
    away.close()
    await away.waitForEnd(5000)
    const unknown = await told(mallory, 'nobody')
    assert.deepEqual(await told(mallory, 'v'), unknown, 'online')
    assert.deepEqual(await told(mallory, 'away'), unknown, 'away')
    note(`${unknown.length} stanzas answered alike`)
    await expectSilence(online)
    assert.equal(await victim.stored('away@a.example'), 0, 'nothing is kept')
    for (const name of ['v', 'away', 'nobody']) mallory.send(`<presence type='probe' to='${name}@a.example'/>`)
    assert.equal(await mallory.fence(), '', 'probes are answered by silence')
    // v hears of what v sends to whom v has blocked; mallory hears nothing
    online.send("<message to='mallory@b.example' type='chat' id='own'><body>x</body></message>")
    online.send("<presence to='MALLORY@b.example'/>")
    const answers = await online.fence()
    assert.match(answers, /<not-acceptable [^>]*\/><blocked xmlns='urn:xmpp:blocking:errors'\/>/)
    await expectSilence(mallory)
    await unblock(online)
    mallory.close()
    online.close()
  }))

test('S62 shows a contact who is blocked no presence, by broadcast, directed, probe or subscription', (t) =>
  attack(
    t,
    victim,
    async () => {
      const friend = await login(victim, 'friend@a.example', { presence: true })
      const v = await login(victim, 'v@a.example', { presence: true })
      for (const [from, to] of [
        [friend, 'v'],
        [v, 'friend'],
      ] as const) {
        from.send(`<presence type='subscribe' to='${to}@a.example'/>`)
        await from.fence()
      }
      for (const [from, to] of [
        [friend, 'v'],
        [v, 'friend'],
      ] as const) {
        from.send(`<presence type='subscribed' to='${to}@a.example'/>`)
        await from.fence()
      }
      for (const client of [friend, v, friend, v]) await client.fence()
      v.send('<presence><status>seen</status></presence>')
      await v.fence()
      assert.match(await friend.fence(), /<status>seen</)
      await block(v, 'FRIEND@a.example')
      assert.match(await friend.fence(), /<presence [^>]*type='unavailable'/, 'the friend sees v go')
      v.send('<presence><status>hidden</status></presence>')
      v.send("<presence to='friend@a.example'><status>hidden</status></presence>")
      v.send("<presence to='friend@a.example/r'><status>hidden</status></presence>")
      await v.fence()
      for (const target of ['v@a.example', 'V@A.EXAMPLE', 'v@a.example/r'])
        for (const type of ['probe', 'subscribe', 'unsubscribe'])
          friend.send(`<presence type='${type}' to='${target}'/>`)
      friend.send("<iq type='get' to='v@a.example' id='last'><query xmlns='jabber:iq:last'/></iq>")
      const came = await friend.fence()
      assert.doesNotMatch(came, /hidden|<query xmlns='jabber:iq:last' seconds/)
      assert.doesNotMatch(came, /<presence [^>]*from='v@a\.example\/r'/)
      await friend.fence()
      v.take()
      // a new resource of the friend is told nothing of v either
      const later = await login(victim, 'friend@a.example', { resource: 'later' })
      later.send('<presence/>')
      await later.fence()
      assert.doesNotMatch(await later.fence(), /from='v@a\.example/)
      const again = await login(victim, 'v@a.example', { resource: 'again', presence: true })
      assert.doesNotMatch(await later.fence(), /from='v@a\.example/)
      for (const client of [friend, v, later, again]) client.close()
    },
    { once: true },
  ))
