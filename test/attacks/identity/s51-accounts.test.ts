/**
 * S51, S52: accounts made in floods, and accounts made anew under the name of one that is gone. Openfire CVE-2024-25420 and CVE-2024-25421: the new
 * one inherited rights. Archive, PEP, push, FAST tokens and room affiliations come with their features.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { expectStreamError } from '../harness/answers.ts'
import { attack, MB, volume } from '../harness/attack.ts'
import { login, RawClient } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'
import { ask, REGISTER, register, registration, removeAccount } from '../login/accounts.ts'
import { authElement, exchange, finalMessage, firstMessage, responseElement, scram } from '../login/scram.ts'

const folder = mkdtempSync(join(tmpdir(), 'attacks-accounts-'))
const open = { register: { open: true } }
let flooded: Victim
/** Both drivers. */
let stores: readonly [string, Victim][]
before(async () => {
  const config = { features: open, limits: { registrationsPerHour: 0, authFailuresPerAddress: 0 } }
  const [first, memory, sqlite] = await Promise.all([
    startVictim({ config: { features: open, limits: { authFailuresPerAddress: 0 } } }),
    startVictim({ config }),
    startVictim({ config, sqlite: { folder } }),
  ])
  flooded = first
  stores = [
    ['memory', memory],
    ['SQLite', sqlite],
  ]
})
after(async () => {
  await Promise.all([flooded, ...stores.map(([, victim]) => victim)].map((victim) => victim.stop()))
  rmSync(folder, { recursive: true, force: true })
})

test('S51 makes five accounts an hour for one address', (t) =>
  attack(
    t,
    flooded,
    async ({ note }) => {
      const outcomes = new Map<string, number>()
      const count = (outcome: string): void => {
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      }
      // a stream each, all at once, then all on one stream
      const all = await Promise.all(
        Array.from({ length: 60 }, (_, i) => register(flooded, `flood${i}@a.example`, 'x', '127.0.22.1')),
      )
      for (const outcome of all) count(outcome)
      const stream = await RawClient.connect({ port: flooded.port, from: '127.0.22.1' })
      await stream.open()
      for (let i = 60; i < 100; i++) count(await ask(stream, registration(`flood${i}`, 'x')))
      stream.close()
      // the other host is no way around, as far as the address of one host goes: it has five of its own
      assert.deepEqual(Object.fromEntries(outcomes), { result: 5, 'resource-constraint': 95 })
      note('100 attempts from one address: 5 accounts, 95 resource-constraint')
      assert.equal(await register(flooded, 'other@a.example', 'x', '127.0.22.2'), 'result', 'others are served')
      // names that are taken cannot be found out by the hundred
      const curious = await RawClient.connect({ port: flooded.port, from: '127.0.22.3' })
      await curious.open()
      for (let i = 0; i < 20; i++) curious.send(registration('v', 'x'))
      const came = await expectStreamError(curious, 'policy-violation')
      assert.equal(came.split('<conflict').length - 1, 5)
    },
    { once: true },
  ))

test('S51 remembers addresses within bounds', (t) =>
  attack(
    t,
    flooded,
    async ({ note }) => {
      const addresses = volume(120, 3000)
      for (let begin = 0; begin < addresses; begin += 20)
        await Promise.all(
          Array.from({ length: 20 }, (_, i) => {
            const at = begin + i
            return register(flooded, `many${at}@a.example`, 'x', `127.${1 + (at >> 8)}.23.${at & 255 || 255}`)
          }),
        )
      note(`${addresses} addresses made an account each`)
    },
    // the accounts themselves are kept
    { heap: volume(4, 16) * MB, rss: volume(8, 32) * MB },
  ))

const BLOCKING = 'urn:xmpp:blocking'

async function set(client: RawClient, payload: string): Promise<void> {
  assert.equal(await ask(client, `<iq type='set' id='reg'>${payload}</iq>`), 'result', payload)
}

/** Everything an account can own, and what others have sent it. */
async function furnish(victim: Victim, password: string): Promise<void> {
  const old = await login(victim, 'ghost@a.example', { password, presence: true })
  const v = await login(victim, 'v@a.example', { presence: true })
  await set(
    old,
    "<query xmlns='jabber:iq:roster'><item jid='friend@e.example' name='Friend'><group>G</group></item></query>",
  )
  await set(old, "<vCard xmlns='vcard-temp'><FN>Old owner</FN></vCard>")
  await set(old, "<query xmlns='jabber:iq:private'><notes xmlns='urn:x'>secret</notes></query>")
  await set(old, `<block xmlns='${BLOCKING}'><item jid='mallory@a.example'/></block>`)
  for (const [from, to] of [
    [old, 'v'],
    [v, 'ghost'],
  ] as const) {
    from.send(`<presence type='subscribe' to='${to}@a.example'/>`)
    await from.fence()
  }
  for (const [from, to] of [
    [old, 'v'],
    [v, 'ghost'],
  ] as const) {
    from.send(`<presence type='subscribed' to='${to}@a.example'/>`)
    await from.fence()
  }
  old.send("<presence type='unavailable'><status>old owner left</status></presence>")
  await old.fence()
  old.close()
  await old.waitForEnd(5000)
  v.send("<message to='ghost@a.example' type='chat'><body>for the old owner</body></message>")
  const juliet = await login(victim, 'mallory@b.example')
  juliet.send("<presence type='subscribe' to='ghost@a.example'/>")
  await juliet.fence()
  await v.fence()
  assert.equal(await victim.stored('ghost@a.example'), 1)
  v.close()
  juliet.close()
}

/** What a new owner finds. */
async function inspect(victim: Victim, password: string): Promise<void> {
  const owner = await login(victim, 'ghost@a.example', { password, resource: 'new' })
  const get = async (payload: string): Promise<string> => {
    owner.send(`<iq type='get' id='get'>${payload}</iq>`)
    return owner.waitFor(/<iq [^>]*\bid='get'[^>]*?(\/>|>.*?<\/iq>)/s)
  }
  assert.doesNotMatch(await get("<query xmlns='jabber:iq:roster'/>"), /<item/)
  assert.match(
    await get("<query xmlns='jabber:iq:roster' ver='3'/>"),
    /<query/,
    'no version of the old roster is known',
  )
  assert.match(await get("<vCard xmlns='vcard-temp'/>"), /<item-not-found|<vCard [^>]*\/>/)
  assert.doesNotMatch(await get("<query xmlns='jabber:iq:private'><notes xmlns='urn:x'/></query>"), /secret/)
  assert.doesNotMatch(await get(`<blocklist xmlns='${BLOCKING}'/>`), /<item/)
  // seen by somebody of the same account: nobody was here before
  const v = await login(victim, 'v@a.example', { presence: true })
  v.send("<iq type='get' to='ghost@a.example' id='last'><query xmlns='jabber:iq:last'/></iq>")
  assert.match(await v.waitFor(/<iq [^>]*id='last'.*?<\/iq>/s), /type='error'/)
  await v.fence()
  owner.send('<presence/>')
  const came = await owner.fence()
  assert.doesNotMatch(came, /old owner|type='subscribe'|<presence [^>]*from='v@/)
  assert.doesNotMatch(
    await v.fence(),
    /from='ghost@a\.example/,
    'those who knew the old one hear nothing of the new one',
  )
  const mallory = await login(victim, 'mallory@a.example')
  mallory.send("<message to='ghost@a.example' type='chat'><body>not blocked</body></message>")
  assert.equal(await mallory.fence(), '', 'mallory is not blocked')
  await owner.waitFor('not blocked')
  for (const client of [owner, v, mallory]) client.close()
}

test('S52 gives a new account nothing of an old one of the same name', async (t) => {
  for (const [name, victim] of stores)
    await attack(t, victim, async ({ note }) => {
      assert.equal(await register(victim, 'ghost@a.example', 'old'), 'result')
      await furnish(victim, 'old')
      const bound = await login(victim, 'ghost@a.example', { password: 'old', resource: 'bound' })
      await removeAccount(victim, 'ghost@a.example', 'old')
      await expectStreamError(bound, 'not-authorized')
      assert.equal(await victim.stored('ghost@a.example'), 0)
      assert.equal(await register(victim, 'ghost@a.example', 'new'), 'result')
      for (const mechanism of ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512']) {
        const client = await RawClient.connect({ port: victim.port })
        await client.open()
        assert.equal((await scram(client, { mechanism, user: 'ghost', password: 'old' })).condition, 'not-authorized')
        assert.equal((await exchange(client, authElement('PLAIN', '\0ghost\0old'))).condition, 'not-authorized')
        client.close()
      }
      await inspect(victim, 'new')
      await removeAccount(victim, 'ghost@a.example', 'new')
      note(`${name}: roster, subscriptions, vCard, private data, block list, messages, last activity, password`)
    })
})

test('S52 lets no stream of the old owner into the new account', async (t) => {
  for (const [name, victim] of stores)
    await attack(t, victim, async ({ note }) => {
      assert.equal(await register(victim, 'ghost@a.example', 'old'), 'result')
      // logged in, not bound
      const unbound = await RawClient.connect({ port: victim.port })
      await unbound.open()
      await unbound.authenticate('ghost', 'a.example', 'old')
      // authenticated, stream not yet restarted
      const unopened = await RawClient.connect({ port: victim.port })
      await unopened.open()
      assert.equal((await exchange(unopened, authElement('PLAIN', '\0ghost\0old'))).condition, 'success')
      // in the middle of SCRAM
      const attempt = { mechanism: 'SCRAM-SHA-256', user: 'ghost', password: 'old' }
      const halfway = await RawClient.connect({ port: victim.port })
      await halfway.open()
      const first = firstMessage(attempt, 'abcdefghijklmnop')
      const { data } = await exchange(halfway, authElement(attempt.mechanism, first))
      await removeAccount(victim, 'ghost@a.example', 'old')
      assert.equal(await register(victim, 'ghost@a.example', 'new'), 'result')
      const bind =
        "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>x</resource></bind></iq>"
      unbound.send(bind)
      await expectStreamError(unbound, 'not-authorized')
      await unopened.open()
      unopened.send(bind)
      await expectStreamError(unopened, 'not-authorized')
      const { condition } = await exchange(halfway, responseElement(finalMessage(attempt, first, data).text))
      assert.equal(condition, 'not-authorized')
      halfway.close()
      await inspect(victim, 'new')
      await removeAccount(victim, 'ghost@a.example', 'new')
      note(`${name}: unbound, not restarted, in the middle of SCRAM`)
    })
})

test('S52 keeps nothing of what is written while the account is removed', async (t) => {
  for (const [name, victim] of stores)
    await attack(t, victim, async ({ note }) => {
      const rounds = volume(5, 100)
      for (let round = 0; round < rounds; round++) {
        assert.equal(await register(victim, 'ghost@a.example', 'old'), 'result')
        const [remover, writer, away, v, mallory] = await Promise.all([
          login(victim, 'ghost@a.example', { password: 'old', resource: 'remover' }),
          login(victim, 'ghost@a.example', { password: 'old', resource: 'writer', presence: true }),
          login(victim, 'ghost@a.example', { password: 'old', resource: 'away' }),
          login(victim, 'v@a.example'),
          login(victim, 'mallory@a.example'),
        ])
        const write = (index: number): void => {
          writer.send(
            `<iq type='set' id='w${index}'><query xmlns='jabber:iq:roster'><item jid='late${index}@e.example'/></query></iq>` +
              `<iq type='set' id='x${index}'><query xmlns='jabber:iq:private'><notes xmlns='urn:x'>secret</notes></query></iq>` +
              `<iq type='set' id='y${index}'><vCard xmlns='vcard-temp'><FN>Old owner</FN></vCard></iq>` +
              `<iq type='set' id='z${index}'><block xmlns='${BLOCKING}'><item jid='mallory@a.example'/></block></iq>`,
          )
          mallory.send(
            `<message to='ghost@a.example' type='chat'><body>for the old owner</body></message><presence type='subscribe' to='ghost@a.example'/>`,
          )
        }
        writer.send("<presence type='unavailable'><status>old owner left</status></presence>")
        for (let i = 0; i < 5; i++) write(i)
        remover.send(
          `<iq type='set' id='reg'><query xmlns='${REGISTER}'><remove/></query></iq><iq type='set' id='late'><vCard xmlns='vcard-temp'><FN>Old owner</FN></vCard></iq>`,
        )
        for (let i = 5; i < 20; i++) write(i)
        await Promise.all([remover, writer, away].map((client) => client.waitForEnd(5000)))
        // what mallory has said before the name is taken again is for nobody
        await mallory.fence()
        assert.equal(await register(victim, 'ghost@a.example', 'new'), 'result')
        for (const client of [remover, writer, away, v, mallory]) client.close()
        await inspect(victim, 'new')
        await removeAccount(victim, 'ghost@a.example', 'new')
      }
      note(`${name}: ${rounds} rounds`)
    })
})
