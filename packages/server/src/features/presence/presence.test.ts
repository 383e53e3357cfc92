import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Element } from '@rookery/protocol/xml'
import type { ServerOptions } from '@rookery/server'
import type { RosterItem, Storage, Subscription } from '@rookery/storage'
import { createMemoryStorage } from '@rookery/storage/memory'
import { HOST, type MemoryClient, type MemoryServer, memoryServer } from '../../../test/memory-server.ts'

/** `type from [to] content`, the host left out. */
function show(stanza: Element): string {
  if (stanza.name === 'iq') {
    const item = stanza.firstElement()?.firstElement()
    const flags = ['ask', 'approved'].filter((flag) => item?.attr(flag) !== undefined)
    return ['push', short(item?.attr('jid')), item?.attr('subscription'), ...flags].join(' ')
  }
  const content = stanza.childElements().map((child) => `<${child.name}>${child.text()}`)
  const to = short(stanza.attr('to'))
  return [stanza.attr('type') ?? 'available', short(stanza.attr('from')), `to ${to}`, ...content].join(' ')
}
const short = (address: string | undefined): string => (address ?? '').replace(`@${HOST}`, '')
const heard = async (client: MemoryClient): Promise<string[]> => (await client.all()).map(show)
const initial = '<presence/>'

/** As if both had agreed long ago. */
async function befriend(
  server: MemoryServer,
  user: string,
  contact: string,
  subscription: Subscription,
): Promise<void> {
  const mirrored = { none: 'none', to: 'from', from: 'to', both: 'both' } as const
  const item = (other: string, kept: Subscription): RosterItem => ({
    jid: `${other}@${HOST}`,
    groups: [],
    subscription: kept,
    ask: false,
    approved: false,
    listed: true,
  })
  // a new account owns nothing: they have to be there first
  for (const local of [user, contact]) await server.server.accounts(HOST).create(local, `secret-${local}`)
  await server.stores.roster.put(user, item(contact, subscription))
  await server.stores.roster.put(contact, item(user, mirrored[subscription]))
}

async function play(use: (server: MemoryServer) => Promise<void>, options: ServerOptions = {}): Promise<void> {
  await using server = await memoryServer(options)
  await use(server)
}

async function online(server: MemoryServer, local: string, resource?: string, first = initial): Promise<MemoryClient> {
  const client = await server.login(local, resource)
  client.send(first)
  await client.all()
  return client
}

const fetchRoster = (client: MemoryClient): Promise<Element> =>
  client.ask("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>")

test('initial presence goes to subscribers and the own resources, and contacts are asked where they are', () =>
  play(async (server) => {
    await befriend(server, 'juliet', 'romeo', 'both')
    await befriend(server, 'juliet', 'nurse', 'from')
    await befriend(server, 'juliet', 'paris', 'to')
    const others = [
      await online(server, 'romeo'),
      await online(server, 'nurse'),
      await online(server, 'paris', 'p', "<presence id='p1'><show>chat</show></presence>"),
      await online(server, 'tybalt'),
      await online(server, 'juliet', 'phone'),
    ]
    for (const other of others) await other.all()
    const juliet = await server.login('juliet', 'balcony')
    juliet.send('<presence><status>hi</status></presence>')
    assert.deepEqual(await heard(juliet), [
      'available juliet/balcony to juliet <status>hi',
      'available juliet/phone to juliet',
      'available romeo/one to juliet',
      'available paris/p to juliet <show>chat',
    ])
    const [romeo, nurse, paris, tybalt, phone] = await Promise.all(others.map(heard))
    assert.deepEqual(romeo, ['available juliet/balcony to romeo <status>hi'])
    assert.deepEqual(nurse, ['available juliet/balcony to nurse <status>hi'])
    assert.deepEqual([paris, tybalt], [[], []])
    assert.equal(phone?.[0], 'available juliet/balcony to juliet <status>hi')
  }))

test('a login costs one load of the roster, and none while it is remembered', async () => {
  const storage = createMemoryStorage()
  let loads = 0
  const counting: Storage = {
    open: () => storage.open(),
    close: () => storage.close(),
    host(domain) {
      const host = storage.host(domain)
      const { roster } = host
      const load = (local: string) => {
        loads++
        return roster.load(local)
      }
      const counted = {
        load,
        put: roster.put.bind(roster),
        remove: roster.remove.bind(roster),
        changesSince: roster.changesSince.bind(roster),
      }
      return { ...host, roster: counted }
    },
  }
  await play(
    async (server) => {
      for (let i = 0; i < 3; i++) {
        const juliet = await online(server, 'juliet')
        await fetchRoster(juliet)
        juliet.send('<presence><show>away</show></presence>')
        assert.deepEqual(await heard(juliet), ['available juliet/one to juliet <show>away'])
        await juliet.end()
      }
      assert.equal(loads, 1)
    },
    { storage: counting },
  )
})

test('later presence is told, but nobody is asked again; unavailable presence ends it for all', () =>
  play(async (server) => {
    await befriend(server, 'juliet', 'romeo', 'both')
    const romeo = await online(server, 'romeo')
    const juliet = await online(server, 'juliet')
    await romeo.all()
    juliet.send('<presence><show>away</show></presence>')
    assert.deepEqual(await heard(juliet), ['available juliet/one to juliet <show>away'])
    juliet.send("<presence type='unavailable'><status>bye</status></presence>")
    juliet.send("<presence type='unavailable'/>")
    assert.deepEqual(await heard(juliet), ['unavailable juliet/one to juliet <status>bye'])
    assert.deepEqual(await heard(romeo), [
      'available juliet/one to romeo <show>away',
      'unavailable juliet/one to romeo <status>bye',
    ])
  }))

test('the end of a connection, clean or not, is told once to subscribers, own resources and directed addresses', () =>
  play(async (server) => {
    await befriend(server, 'juliet', 'romeo', 'from')
    for (const end of ['end', 'destroy'] as const) {
      const romeo = await online(server, 'romeo')
      const tybalt = await online(server, 'tybalt')
      const phone = await online(server, 'juliet', 'phone')
      const juliet = await online(server, 'juliet', 'balcony')
      juliet.send(`<presence to='tybalt@${HOST}'/><presence to='romeo@${HOST}/one'/>`)
      await juliet.all()
      for (const other of [romeo, tybalt, phone]) await other.all()
      if (end === 'end') await juliet.end()
      else {
        juliet.destroy()
        await juliet.closed()
      }
      for (const [other, name] of [
        [romeo, 'romeo'],
        [tybalt, 'tybalt'],
        [phone, 'juliet'],
      ] as const)
        assert.deepEqual(await heard(other), [`unavailable juliet/balcony to ${name}`], `${end}: ${name}`)
      for (const other of [romeo, tybalt, phone]) await other.end()
    }
  }))

test('a newer session of the same resource is not reported gone with the older one', () =>
  play(async (server) => {
    await befriend(server, 'juliet', 'romeo', 'from')
    const romeo = await online(server, 'romeo')
    const older = await online(server, 'juliet', 'balcony')
    await romeo.all()
    const newer = await online(server, 'juliet', 'balcony')
    await older.closed()
    await newer.all()
    const last = (await heard(romeo)).at(-1)
    assert.equal(last, 'available juliet/balcony to romeo')
  }))

test('directed presence needs no subscription, is no broadcast, and can be taken back', () =>
  play(async (server) => {
    const romeo = await online(server, 'romeo')
    const tybalt = await online(server, 'tybalt')
    const juliet = await server.login('juliet')
    juliet.send(`<presence to='romeo@${HOST}/one'/><presence to='tybalt@${HOST}'/>${initial}`)
    juliet.send(`<presence to='tybalt@${HOST}' type='unavailable'/>`)
    await juliet.all()
    assert.deepEqual(await heard(romeo), ['available juliet/one to romeo/one'])
    assert.deepEqual(await heard(tybalt), ['available juliet/one to tybalt', 'unavailable juliet/one to tybalt'])
    await juliet.end()
    assert.deepEqual(await heard(romeo), ['unavailable juliet/one to romeo/one'])
    assert.deepEqual(await heard(tybalt), [])
  }))

test('directed presence is bounded: beyond the limit the sender is told and nothing goes out', () =>
  play(
    async (server) => {
      const romeo = await online(server, 'romeo')
      const juliet = await online(server, 'juliet')
      for (const to of ['a', 'b', 'romeo', 'a']) juliet.send(`<presence to='${to}@${HOST}' id='${to}'/>`)
      const answers = await juliet.all()
      assert.deepEqual(
        answers.map((answer) => [answer.attr('type'), answer.attr('id')]),
        [['error', 'romeo']],
      )
      assert.deepEqual(await heard(romeo), [])
    },
    { limits: { directedPresence: 2 } },
  ))

test('who said goodbye is not told goodbye', () =>
  play(async (server) => {
    const romeo = await online(server, 'romeo')
    const juliet = await online(server, 'juliet')
    juliet.send(`<presence to='romeo@${HOST}/one'/>`)
    await juliet.all()
    romeo.send(`<presence to='juliet@${HOST}/one' type='unavailable'/>`)
    await romeo.all()
    assert.deepEqual(await heard(juliet), ['unavailable romeo/one to juliet/one'])
    await juliet.end()
    assert.deepEqual(await heard(romeo), [])
  }))

test('a probe tells a subscriber all, somebody with directed presence that much, a stranger nothing', () =>
  play(async (server) => {
    await befriend(server, 'romeo', 'juliet', 'to')
    const romeo = await server.login('romeo')
    const tybalt = await server.login('tybalt')
    const juliet = await online(server, 'juliet', 'balcony', "<presence id='p1'><show>dnd</show></presence>")
    juliet.send(`<presence to='tybalt@${HOST}/one'><show>chat</show></presence>`)
    await juliet.all()
    await tybalt.all()
    const ask = async (client: MemoryClient, to: string): Promise<string[]> => {
      client.send(`<presence type='probe' id='probe' to='${to}'/>`)
      return (await client.all()).map((stanza) => `${show(stanza)} ${stanza.attr('id') ?? ''}`.trim())
    }
    assert.deepEqual(await ask(romeo, `juliet@${HOST}`), ['available juliet/balcony to romeo/one <show>dnd p1'])
    assert.deepEqual(await ask(romeo, `juliet@${HOST}/balcony`), ['available juliet/balcony to romeo/one'])
    assert.deepEqual(await ask(romeo, `juliet@${HOST}/tomb`), ['unavailable juliet/tomb to romeo/one probe'])
    assert.deepEqual(await ask(tybalt, `juliet@${HOST}/balcony`), ['available juliet/balcony to tybalt/one'])
    // "unsubscribed" comes back to an account that is subscribed to nobody: dropped there
    for (const to of [`juliet@${HOST}/tomb`, `nobody@${HOST}`]) assert.deepEqual(await ask(tybalt, to), [], to)
    await juliet.end()
    assert.deepEqual(await ask(romeo, `juliet@${HOST}`), ['unavailable juliet to romeo/one probe'])
  }))

test('who removes an account ends its subscriptions, also when nobody has looked at its roster for long', () =>
  play(async (server) => {
    await befriend(server, 'romeo', 'juliet', 'both')
    await befriend(server, 'tybalt', 'juliet', 'from')
    await server.server.accounts(HOST).remove('juliet')
    for (const local of ['romeo', 'tybalt']) {
      const { items } = await server.stores.roster.load(local)
      assert.deepEqual(
        items.map(({ jid, subscription }) => [jid, subscription]),
        [[`juliet@${HOST}`, 'none']],
        local,
      )
    }
  }))

test('a roster that believes in a subscription that is not there is put right by the probe', () =>
  play(async (server) => {
    await befriend(server, 'romeo', 'juliet', 'to')
    await befriend(server, 'romeo', 'ghost', 'to')
    for (const local of ['juliet', 'ghost']) await server.stores.roster.remove(local, `romeo@${HOST}`)
    await server.server.accounts(HOST).remove('ghost')
    const romeo = await server.login('romeo')
    await fetchRoster(romeo)
    romeo.send(initial)
    assert.deepEqual(
      new Set(await heard(romeo)),
      new Set([
        'available romeo/one to romeo',
        'unsubscribed juliet to romeo',
        'push juliet none',
        'unsubscribed ghost to romeo',
        'push ghost none',
      ]),
    )
  }))

test('two people become friends, each hearing things in the order of RFC 6121', () =>
  play(async (server) => {
    const romeo = await online(server, 'romeo')
    const juliet = await online(server, 'juliet')
    await Promise.all([fetchRoster(romeo), fetchRoster(juliet)])
    romeo.send(`<presence to='juliet@${HOST}/one' type='subscribe' id='s1'><status>it is I</status></presence>`)
    assert.deepEqual(await heard(romeo), ['push juliet none ask'])
    assert.deepEqual(await heard(juliet), ['subscribe romeo to juliet <status>it is I'])
    juliet.send(`<presence to='romeo@${HOST}' type='subscribed'/><presence to='romeo@${HOST}' type='subscribe'/>`)
    assert.deepEqual(await heard(juliet), ['push romeo from', 'push romeo from ask'])
    assert.deepEqual(await heard(romeo), [
      'subscribed juliet to romeo',
      'push juliet to',
      'available juliet/one to romeo',
      'subscribe juliet to romeo',
    ])
    romeo.send(`<presence to='juliet@${HOST}' type='subscribed'/>`)
    assert.deepEqual(await heard(romeo), ['push juliet both'])
    assert.deepEqual(await heard(juliet), [
      'subscribed romeo to juliet',
      'push romeo both',
      'available romeo/one to juliet',
    ])
    romeo.send(
      `<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='juliet@${HOST}' subscription='remove'/></query></iq>`,
    )
    const left = await heard(romeo)
    assert.equal(left[0], 'push juliet remove')
    assert.ok(left.includes('unavailable juliet/one to romeo'))
    assert.deepEqual(await heard(juliet), [
      'unsubscribe romeo to juliet',
      'push romeo to',
      'unavailable romeo/one to juliet',
      'unsubscribed romeo to juliet',
      'push romeo none',
    ])
  }))

test('a request waits whole, once, for every login, until it is answered', () =>
  play(async (server) => {
    const romeo = await server.login('romeo')
    await (await server.login('juliet')).end()
    for (const id of ['one', 'two'])
      romeo.send(`<presence to='juliet@${HOST}' type='subscribe' id='${id}'><status>${id}</status></presence>`)
    await romeo.all()
    for (let i = 0; i < 2; i++) {
      const juliet = await server.login('juliet')
      assert.equal((await fetchRoster(juliet)).firstElement()?.childElements().length, 0)
      juliet.send(initial)
      assert.deepEqual(await heard(juliet), ['available juliet/one to juliet', 'subscribe romeo to juliet <status>one'])
      await juliet.end()
    }
    const juliet = await online(server, 'juliet')
    juliet.send(`<presence to='romeo@${HOST}' type='unsubscribed'/>`)
    await juliet.end()
    const again = await server.login('juliet')
    again.send(initial)
    assert.deepEqual(await heard(again), ['available juliet/one to juliet'])
  }))

test('a request that is too long waits without its payload, too many do not wait at all', () =>
  play(
    async (server) => {
      await (await server.login('juliet')).end()
      for (const local of ['a', 'b', 'c']) {
        const stranger = await server.login(local)
        stranger.send(`<presence to='juliet@${HOST}' type='subscribe'><status>${'x'.repeat(500)}</status></presence>`)
        await stranger.all()
      }
      const juliet = await server.login('juliet')
      juliet.send(initial)
      assert.deepEqual(await heard(juliet), [
        'available juliet/one to juliet',
        'subscribe a to juliet',
        'subscribe b to juliet',
      ])
    },
    { limits: { rosterRequests: 2, rosterRequestBytes: 300 } },
  ))

test('who was approved beforehand is let in without a question', () =>
  play(async (server) => {
    const juliet = await online(server, 'juliet')
    await fetchRoster(juliet)
    juliet.send(`<presence to='romeo@${HOST}' type='subscribed'/>`)
    assert.deepEqual(await heard(juliet), ['push romeo none approved'])
    const romeo = await online(server, 'romeo')
    await fetchRoster(romeo)
    romeo.send(`<presence to='juliet@${HOST}' type='subscribe'/>`)
    assert.deepEqual(await heard(romeo), [
      'push juliet none ask',
      'subscribed juliet to romeo',
      'push juliet to',
      'available juliet/one to romeo',
    ])
    assert.deepEqual(await heard(juliet), ['push romeo from approved'])
  }))

test('requests that cross on two sessions at once end as they should', () =>
  play(async (server) => {
    const romeos = [await online(server, 'romeo', 'a'), await online(server, 'romeo', 'b')]
    const juliet = await online(server, 'juliet')
    for (const romeo of romeos) romeo.send(`<presence to='juliet@${HOST}' type='subscribe'/>`)
    juliet.send(`<presence to='romeo@${HOST}' type='subscribe'/>`)
    for (const client of [...romeos, juliet]) await client.all()
    romeos[0]?.send(`<presence to='juliet@${HOST}' type='subscribed'/>`)
    romeos[1]?.send(
      `<iq type='set' id='n'><query xmlns='jabber:iq:roster'><item jid='juliet@${HOST}' name='J'/></query></iq>`,
    )
    juliet.send(`<presence to='romeo@${HOST}' type='subscribed'/>`)
    for (const client of [...romeos, juliet]) await client.all()
    const { items } = await server.stores.roster.load('romeo')
    assert.deepEqual(
      items.map(({ jid, name, subscription, ask, pendingIn }) => [jid, name, subscription, ask, pendingIn]),
      [[`juliet@${HOST}`, 'J', 'both', false, undefined]],
    )
  }))

test('a bad priority or a request to nobody is refused, and the presence stays as it was', () =>
  play(async (server) => {
    const juliet = await online(server, 'juliet')
    for (const bad of [
      '<presence id="x"><priority>128</priority></presence>',
      '<presence id="x" type="subscribe"/>',
      `<presence id="x" type="subscribe" to="juliet@${HOST}"/>`,
    ]) {
      juliet.send(bad)
      const [answer, ...more] = await juliet.all()
      assert.deepEqual([answer?.attr('type'), answer?.attr('id'), more.length], ['error', 'x', 0], bad)
    }
    for (const quiet of ['<presence type="probe"/>', '<presence type="error"/>']) juliet.send(quiet)
    assert.deepEqual(await juliet.all(), [])
  }))

test('presence to a bare JID reaches all available resources as it stands, to a full JID that one', () =>
  play(async (server) => {
    const available = await online(server, 'juliet', 'a', '<presence><priority>-1</priority></presence>')
    const connected = await server.login('juliet', 'b')
    const romeo = await server.login('romeo')
    romeo.send(
      `<presence to='juliet@${HOST}' id='1'/><presence to='juliet@${HOST}/b'/><presence to='juliet@${HOST}/c'/>`,
    )
    await romeo.all()
    assert.deepEqual(await heard(available), ['available romeo/one to juliet'])
    assert.deepEqual(await heard(connected), ['available romeo/one to juliet/b'])
  }))

test('who is blocked sees the presence go, and come back when that is over', () =>
  play(async (server) => {
    await befriend(server, 'juliet', 'romeo', 'both')
    const romeo = await online(server, 'romeo')
    const juliet = await online(server, 'juliet')
    await romeo.all()
    const block = (word: string): Promise<Element> =>
      juliet.ask(
        `<iq type='set' id='${word}'><${word} xmlns='urn:xmpp:blocking'><item jid='romeo@${HOST}'/></${word}></iq>`,
      )
    await block('block')
    juliet.send('<presence><show>away</show></presence>')
    await juliet.all()
    assert.deepEqual(await heard(romeo), ['unavailable juliet/one to romeo'])
    await block('unblock')
    assert.deepEqual(await heard(romeo), ['available juliet/one to romeo <show>away'])
  }))
