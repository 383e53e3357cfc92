import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as NS from '@rookery/protocol/namespaces'
import { type Element, el } from '@rookery/protocol/xml'
import { startTestServer } from '@rookery/testkit'
import { HostileServer } from '../../../../../test/client/harness/hostile-server.ts'
import { next, online } from '../../../test/online.ts'
import { type Change, memoryStore, presence, type RosterChange, roster } from '../../index.ts'
import { createClient } from '../../node/index.ts'

const item = (jid: string, attributes: Record<string, string> = {}): Element =>
  el('item', NS.roster, { jid, subscription: 'both', ...attributes })

const push = (from: string | undefined, items: readonly Element[], id: string): Element =>
  el('iq', NS.client, { type: 'set', id, from }, [el('query', NS.roster, {}, items)])

const answerTo = (server: HostileServer, id: string): Promise<Element> =>
  server.until((element) => element.name === 'iq' && element.attr('id') === id)

describe('the roster', () => {
  test('contacts are added, named, grouped and removed, and all devices learn of it', async () => {
    await using server = await startTestServer()
    await using romeo = await online(server, [roster])
    await using phone = await online(server, [roster], { jid: `${romeo.jid!.bare}`, password: 'secret-user1' })
    const learned = next(phone, 'roster')
    await romeo.roster.set('juliet@localhost', { name: 'Juliet', groups: ['Capulets', '', 'Capulets'] })
    const { changed } = await learned
    assert.deepEqual(
      changed.map(({ jid, name, groups, subscription }) => [`${jid}`, name, groups, subscription]),
      [['juliet@localhost', 'Juliet', ['Capulets'], 'none']],
    )
    assert.equal(romeo.roster.get('juliet@localhost/balcony')?.name, 'Juliet')
    const regrouped = next(phone, 'roster')
    await romeo.roster.set('juliet@localhost', { groups: ['Friends'] })
    await regrouped
    assert.equal(phone.roster.get('juliet@localhost')?.name, 'Juliet')
    assert.deepEqual(phone.roster.groups, ['Friends'])
    const gone = next(phone, 'roster')
    await romeo.roster.remove('juliet@localhost')
    assert.deepEqual(
      (await gone).removed.map(({ name }) => name),
      ['Juliet'],
    )
    assert.deepEqual(phone.roster.contacts, [])
  })

  test('asking, approving, seeing each other, and parting', async () => {
    await using server = await startTestServer()
    await using romeo = await online(server, [roster, presence])
    await using juliet = await online(server, [roster, presence])
    romeo.roster.autoApprove = true
    const asked = next(juliet, 'subscription:request')
    romeo.roster.subscribe(juliet.jid!, { status: 'By yonder moon', nick: 'Romeo' })
    const { jid, status, nick } = await asked
    assert.deepEqual([`${jid}`, status, nick], [`${romeo.jid!.bare}`, 'By yonder moon', 'Romeo'])
    assert.equal(juliet.roster.requests.length, 1)
    const approved = next(romeo, 'subscription:approved')
    const seen = next(romeo, 'presence:changed', (one) => one.jid.equals(juliet.jid!))
    juliet.roster.approve(jid)
    assert.ok((await approved).jid.equals(juliet.jid!.bare))
    assert.ok((await seen).isAvailable)
    assert.equal(juliet.roster.requests.length, 0)
    // whom we see may see us without a question
    const mutual = next(juliet, 'presence:changed', (one) => one.jid.equals(romeo.jid!))
    const noted = next(juliet, 'roster', ({ changed }) => changed[0]?.subscription === 'both')
    juliet.roster.subscribe(jid)
    assert.ok((await mutual).isAvailable)
    await noted
    const lost = next(romeo, 'presence:changed', (one) => one.jid.equals(juliet.jid!))
    const denied = next(romeo, 'subscription:denied')
    juliet.roster.deny(jid)
    await denied
    assert.equal((await lost).isAvailable, false)
  })

  test('those who ask each other at once are approved by both', async () => {
    await using server = await startTestServer()
    await using romeo = await online(server, [roster, presence])
    await using juliet = await online(server, [roster, presence])
    const seen = [
      next(romeo, 'presence:changed', (one) => one.jid.equals(juliet.jid!)),
      next(juliet, 'presence:changed', (one) => one.jid.equals(romeo.jid!)),
    ]
    for (const one of [romeo, juliet]) one.roster.autoApprove = true
    romeo.roster.subscribe(juliet.jid!)
    juliet.roster.subscribe(romeo.jid!)
    for (const one of await Promise.all(seen)) assert.ok(one.isAvailable)
    assert.deepEqual([...romeo.roster.requests, ...juliet.roster.requests], [])
  })

  test('a listener that never ends does not hold up the session', async () => {
    await using server = await HostileServer.start({ startTls: 'absent', roster: [item('juliet@localhost')] })
    const heard = Promise.withResolvers<RosterChange>()
    const romeo = await createClient({
      jid: 'romeo@localhost',
      password: 'secret',
      service: server.service.xmpp,
      plaintext: true,
      use: [roster],
    })
    await using _romeo = romeo
    romeo.on('roster', (change) => {
      heard.resolve(change)
      return new Promise(() => undefined)
    })
    await romeo.connect()
    assert.equal((await heard.promise).changed.length, 1)
  })

  test('what is approved in advance needs no answer', async () => {
    await using server = await startTestServer()
    await using romeo = await online(server, [roster])
    await using juliet = await online(server, [roster, presence])
    const noted = next(juliet, 'roster')
    juliet.roster.preApprove(romeo.jid!)
    await noted
    assert.equal(juliet.roster.get(romeo.jid!)?.isApproved, true)
    const approved = next(romeo, 'subscription:approved')
    romeo.roster.subscribe(juliet.jid!)
    await approved
  })

  test('it is kept, and only what has changed is fetched', async () => {
    await using server = await startTestServer()
    const store = memoryStore()
    const account = await server.createAccount()
    const received: string[] = []
    const options = { ...account, store }
    {
      await using first = await online(server, [roster], options)
      await first.roster.set('juliet@localhost', { name: 'Juliet' })
    }
    await using second = await online(server, [roster], {
      ...options,
      trace: (direction, element) => {
        if (direction === 'in' && typeof element !== 'string') received.push(`${element.firstElement()?.name}`)
      },
    })
    assert.equal(second.roster.get('juliet@localhost')?.name, 'Juliet')
    assert.ok(!received.includes('query'), 'the whole roster came again')
  })

  test('as many contacts as are kept come in one piece, with names and groups', async () => {
    const groups = ['Friends', 'Verona'].map((name) => el('group', NS.roster, {}, name))
    const contacts = Array.from({ length: 50_000 }, (_, at) =>
      item(`contact${at}@localhost`, { name: `Contact number ${at}` }).withChildren(groups),
    )
    await using server = await HostileServer.start({ startTls: 'absent', roster: contacts })
    await using romeo = await online(server, [roster])
    assert.equal(romeo.roster.contacts.length, 50_000)
  })

  test('what changes while it is being kept is kept together', async () => {
    await using server = await HostileServer.start({ startTls: 'absent', roster: [item('juliet@localhost')] })
    const rows: string[] = []
    const disk = Promise.withResolvers<undefined>()
    let isBusy = false
    const store = () => ({
      read: () => [],
      write: async (changes: readonly Change[]): Promise<undefined> => {
        for (const [key, value = ''] of changes) if (key === 'x/roster/roster') rows.push(value)
        if (isBusy) await disk.promise
      },
      close: () => undefined,
    })
    await using romeo = await online(server, [roster], { store })
    const before = rows.length
    isBusy = true
    const last = next(romeo, 'roster', ({ changed }) => changed[0]?.jid.local === 'c99')
    for (let at = 0; at < 100; at++) server.connection.send(push(undefined, [item(`c${at}@localhost`)], `p${at}`))
    await last
    isBusy = false
    disk.resolve(undefined)
    await answerTo(server, 'p99')
    assert.ok(rows.length - before <= 2)
    assert.match(rows.at(-1)!, /c0@.*c99@/)
  })

  test('only the own account may change it (S55)', async () => {
    await using server = await HostileServer.start({ startTls: 'absent', roster: [item('juliet@localhost')] })
    await using romeo = await online(server, [roster])
    const changes: RosterChange[] = []
    romeo.on('roster', (change) => changes.push(change))
    for (const [at, from] of [
      'mallory@evil.example',
      'localhost',
      'romeo@evil.example',
      'romeo@localhost.evil',
    ].entries()) {
      server.connection.send(push(from, [item('mallory@evil.example')], `forged-${at}`))
      assert.equal((await answerTo(server, `forged-${at}`)).attr('type'), 'error')
    }
    server.connection.send(push(undefined, [item('a@localhost'), item('b@localhost')], 'two'))
    assert.equal((await answerTo(server, 'two')).attr('type'), 'error')
    assert.deepEqual(changes, [])
    assert.deepEqual(
      romeo.roster.contacts.map(({ jid }) => `${jid}`),
      ['juliet@localhost'],
    )
    for (const from of [undefined, 'romeo@localhost']) {
      server.connection.send(push(from, [item('nurse@localhost', { name: `${from}` })], `true-${from}`))
      assert.equal((await answerTo(server, `true-${from}`)).attr('type'), 'result')
      assert.equal(romeo.roster.get('nurse@localhost')?.name, `${from}`)
    }
  })

  test('one that could not be fetched is fetched the next time, whatever has changed meanwhile [RFC6121 2.6.2]', async () => {
    await using server = await HostileServer.start({ startTls: 'absent', roster: [item('juliet@localhost')] })
    server.script.features = (offered) => [...offered, el('ver', 'urn:xmpp:features:rosterver')]
    const store = memoryStore()
    const asked = (element: Element): boolean =>
      element.firstElement()?.is('query', NS.roster) === true && element.attr('type') === 'get'
    server.script.receive = (element, connection) => {
      if (!asked(element)) return false
      const error = el('error', NS.client, { type: 'wait' }, [
        el('internal-server-error', 'urn:ietf:params:xml:ns:xmpp-stanzas'),
      ])
      connection.send(el('iq', NS.client, { type: 'error', id: element.attr('id') }, [error]))
      return true
    }
    const before = await online(server, [roster], { store })
    before.on('error', ({ kind }) => assert.equal(kind, 'request'))
    const query = el('query', NS.roster, { ver: 'v7' }, [item('nurse@localhost')])
    server.connection.send(el('iq', NS.client, { type: 'set', id: 'new' }, [query]))
    await answerTo(server, 'new')
    assert.equal(before.roster.contacts.length, 1)
    await before.close()
    server.script.receive = () => false
    await using after = await online(server, [roster], { store })
    const versions = server
      .received('iq')
      .filter(asked)
      .map((element) => element.firstElement()?.attr('ver'))
    assert.deepEqual(versions, ['', ''])
    assert.deepEqual(
      after.roster.contacts.map(({ jid }) => jid.local),
      ['juliet'],
    )
  })

  test('a change that comes on the heels of the list is not lost', async () => {
    await using server = await HostileServer.start({ startTls: 'absent', roster: [item('juliet@localhost')] })
    server.script.send = (element) =>
      element.name === 'iq' && element.firstElement()?.ns === NS.roster && element.attr('type') === 'result'
        ? [element, push(undefined, [item('nurse@localhost')], 'quick')]
        : element
    await using romeo = await online(server, [roster])
    assert.equal((await answerTo(server, 'quick')).attr('type'), 'result')
    assert.deepEqual(
      romeo.roster.contacts.map(({ jid }) => `${jid}`),
      ['juliet@localhost', 'nurse@localhost'],
    )
  })
})
