import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { jid } from '@rookery/protocol/jid'
import * as NS from '@rookery/protocol/namespaces'
import { idle } from '@rookery/protocol/xeps/idle'
import { nick } from '@rookery/protocol/xeps/nick'
import { el } from '@rookery/protocol/xml'
import { startTestServer } from '@rookery/testkit'
import { HostileServer } from '../../../../../test/client/harness/hostile-server.ts'
import { next, online } from '../../../test/online.ts'
import { ContactPresence, defineExtension, presence, roster, type Store, UsageError } from '../../index.ts'
import { Contacts } from './contacts.ts'

const available = (...children: ReturnType<typeof el>[]) => el('presence', NS.client, undefined, children)
const text = (name: string, value: string, lang?: string) => el(name, NS.client, { 'xml:lang': lang }, value)
const of = (address: string, ...children: ReturnType<typeof el>[]) =>
  new ContactPresence(jid(address), true, 0, available(...children))

/** Rows that outlive the program. */
const storeOf = (rows: Map<string, string>): Store => ({
  read: () => [...rows],
  write: (changes) => {
    for (const [key, value] of changes) value === undefined ? rows.delete(key) : rows.set(key, value)
    return undefined
  },
  close: () => undefined,
})

describe('presence', () => {
  test('others see what we say, in languages, with what features add, and that we leave', async () => {
    await using server = await startTestServer()
    const named = defineExtension({
      name: 'named',
      start: (core) => core.use(presence).decorate(() => nick.build({ nick: 'Romeo' })),
    })
    await using romeo = await online(server, [presence, named])
    await using juliet = await online(server, [presence])
    romeo.presence.set({
      show: 'dnd',
      status: { en: 'Away with love', it: 'Via con amore' },
      priority: 5,
      idleSince: 60_000,
    })
    const seen = next(juliet, 'presence:changed', ({ show }) => show === 'dnd')
    romeo.presence.showTo(juliet.jid!)
    const shown = await seen
    assert.ok(shown.jid.equals(romeo.jid!))
    assert.deepEqual(
      [shown.isAvailable, shown.status, shown.statusIn('it'), shown.priority, shown.idleSince],
      [true, 'Away with love', 'Via con amore', 5, 60_000],
    )
    assert.equal(shown.payload(nick)?.nick, 'Romeo')
    assert.equal(juliet.presence.best(romeo.jid!.bare), shown)
    const gone = next(juliet, 'presence:changed', ({ isAvailable }) => !isAvailable)
    romeo.presence.hideFrom(juliet.jid!, 'Good night')
    assert.equal((await gone).status, 'Good night')
    assert.equal(juliet.presence.best(romeo.jid!), undefined)
    assert.throws(() => romeo.presence.set({ priority: 128 }), UsageError)
    assert.throws(() => romeo.presence.set({ priority: 0.5 }), UsageError)
  })

  test('it is said at the start of a session, and again only when it changes', async () => {
    await using server = await HostileServer.start({ startTls: 'absent' })
    await using romeo = await online(server, [presence])
    await server.until('presence')
    romeo.presence.set({ show: 'away' })
    romeo.presence.set({ show: 'xa' }) // two of one turn are one
    await server.until((element) => element.name === 'presence' && element.childText('show') === 'xa')
    const resumed = next(romeo, 'state', ({ name }) => name === 'online')
    server.connection.break()
    await resumed
    romeo.presence.hide('Bye')
    const last = await server.until((element) => element.attr('type') === 'unavailable')
    assert.equal(last.childText('status'), 'Bye')
    assert.equal(server.received('presence').length, 3)
  })

  test('who is started anew in a session that goes on learns again who is there', async () => {
    await using server = await HostileServer.start({ startTls: 'absent' })
    const rows = new Map<string, string>()
    const first = await online(server, [presence], { reconnect: false, store: () => storeOf(rows) })
    await server.until('presence')
    const left = new Map(rows)
    server.connection.break()
    await using again = await online(server, [presence], { store: () => storeOf(left) })
    assert.ok(again.jid!.equals(first.jid!))
    await server.until('presence', 3)
    const types = server.received('presence').map((element) => element.attr('type'))
    assert.deepEqual(types, [undefined, 'unavailable', undefined])
    await first.close()
  })

  test('when a session is lost, nobody is there until they are seen again', async () => {
    await using server = await HostileServer.start({ startTls: 'absent', management: false })
    await using romeo = await online(server, [presence, roster])
    const from = 'juliet@localhost/balcony'
    const seen = next(romeo, 'presence:changed', ({ jid }) => jid.toString() === from)
    server.connection.send(available().with({ from }))
    assert.ok((await seen).isAvailable)
    const gone = next(romeo, 'presence:changed', ({ jid }) => jid.toString() === from)
    server.connection.break()
    assert.equal((await gone).isAvailable, false)
    assert.deepEqual(romeo.presence.of(from), [])
  })

  test('while we are not there nobody tells us of anybody: who is there is not known [RFC6121 4.5.2]', async () => {
    await using server = await HostileServer.start({ startTls: 'absent' })
    await using romeo = await online(server, [presence, roster])
    const devices = ['juliet@localhost/balcony', 'juliet@localhost/tomb']
    const both = next(romeo, 'presence:changed', ({ jid }) => jid.resource === 'tomb')
    for (const from of devices) server.connection.send(available().with({ from }))
    await both
    const told: string[] = []
    romeo.on('presence:changed', ({ jid, isAvailable }) => {
      if (jid.local === 'juliet') told.push(`${jid.resource} ${isAvailable}`)
    })
    romeo.presence.hide()
    assert.equal(romeo.presence.best('juliet@localhost'), undefined)
    romeo.presence.set()
    const back = next(romeo, 'presence:changed', ({ jid }) => jid.resource === 'balcony')
    await server.until('presence', 3)
    server.connection.send(available().with({ from: devices[0]! }))
    await back
    assert.deepEqual(
      romeo.presence.of('juliet@localhost').map(({ jid }) => jid.resource),
      ['balcony'],
    )
    assert.deepEqual(told, ['balcony false', 'tomb false', 'balcony true'])
  })

  test('what is no value says nothing', () => {
    const odd = of(
      'a@b/c',
      text('show', 'constructor'),
      text('priority', '1e2'),
      el('idle', 'urn:xmpp:idle:1', { since: 'x' }),
    )
    assert.deepEqual([odd.show, odd.priority, odd.idleSince, odd.payload(idle)], [undefined, 0, undefined, undefined])
    assert.equal(of('a@b/c', text('priority', '200')).priority, 0)
    assert.equal(of('a@b/c', text('priority', ' -1 ')).priority, -1)
  })

  test('the best device has the highest priority, then is the readiest', () => {
    const away = of('a@b/away', text('show', 'away'))
    const here = of('a@b/here')
    assert.ok(here.isBetterThan(away))
    assert.ok(!away.isBetterThan(here))
    assert.ok(of('a@b/first', text('show', 'dnd'), text('priority', '1')).isBetterThan(here))
  })

  test('a flood of strangers and of devices is forgotten before contacts are', () => {
    const contacts = new Contacts((bare) => bare.domain === 'friends.example')
    contacts.set(of('juliet@friends.example/balcony'))
    const long = text('status', 'x'.repeat(100_000))
    for (let i = 0; i < 500; i++) contacts.set(of(`s${i}@evil.example/x`, long))
    assert.equal(contacts.of(jid('juliet@friends.example')).length, 1)
    assert.ok(contacts.all().length < 100)
    assert.equal(contacts.of(jid('s499@evil.example')).length, 1)
    for (let i = 0; i < 500; i++) contacts.set(of(`one@evil.example/${i}`))
    assert.equal(contacts.of(jid('one@evil.example')).length, 50)
    for (const { jid } of contacts.all()) contacts.delete(jid)
    assert.deepEqual(contacts.all(), [])
  })

  test('who is a contact is asked once for each presence, however many of them there are', () => {
    let asked = 0
    const contacts = new Contacts(() => ++asked > 0)
    const long = text('status', 'x'.repeat(50_000))
    for (let i = 0; i < 2_000; i++) contacts.set(of(`c${i}@friends.example/x`, long))
    assert.ok(contacts.all().length < 200)
    assert.equal(contacts.of(jid('c1999@friends.example')).length, 1)
    assert.equal(contacts.of(jid('c0@friends.example')).length, 0)
    assert.ok(asked <= 2_000)
  })
})
