import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { discoInfo } from '@rookery/protocol/disco'
import { parseJid } from '@rookery/protocol/jid'
import { RSM_NS } from '@rookery/protocol/rsm'
import { archiveFin, archiveQuery, archiveResult, MAM_EXTENDED, MAM_NS } from '@rookery/protocol/xeps/mam'
import { STANZA_ID_NS } from '@rookery/protocol/xeps/stanza-id'
import { type Element, el } from '@rookery/protocol/xml'
import { startTestServer, type TestServer } from '@rookery/testkit'
import { HostileServer } from '../../../../../test/client/harness/hostile-server.ts'
import { next, online } from '../../../test/online.ts'
import { reaches } from '../../../test/waiting.ts'
import {
  type ArchivedMessage,
  archive,
  archiveAdmin,
  type Client,
  type messages,
  UnexpectedAnswerError,
  UnsupportedError,
} from '../../index.ts'
import { nodePlatform } from '../../node/index.ts'

const NS = 'jabber:client'
const body = (text: string): Element => el('body', NS, {}, text)
const bodies = (list: Iterable<ArchivedMessage>): (string | undefined)[] => Array.from(list, (one) => one.body)

async function collect<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of list) all.push(one)
  return all
}

type Romeo = Client<readonly [typeof archive, typeof archiveAdmin, typeof messages]>

/** Romeo, who has said this to Juliet, with the archive. */
async function talkative(server: TestServer, said: readonly string[]): Promise<Romeo> {
  await server.createAccount({ local: 'juliet' })
  const romeo = await online(server, [archive, archiveAdmin])
  for (const text of said) await romeo.messages.post('juliet@localhost', [body(text)]).reached('acked')
  return romeo
}

describe('the archive', () => {
  test('is read from the oldest to the newest, and back, a page when it is come to', async () => {
    await using server = await startTestServer()
    const said = Array.from({ length: 7 }, (_, i) => `line ${i}`)
    await using romeo = await talkative(server, said)
    assert.deepEqual(bodies(await collect(romeo.archive.query({ pageSize: 3 }))), said)
    assert.deepEqual(bodies(await collect(romeo.archive.query({ pageSize: 3, flipped: true }))), said.toReversed())

    const all = await romeo.archive.latest(100)
    const [, second, , , , sixth] = all
    const between = { after: second!.archiveId, before: sixth!.archiveId, pageSize: 2 }
    assert.deepEqual(bodies(await collect(romeo.archive.query(between))), said.slice(2, 5))
    const back = await collect(romeo.archive.query({ ...between, flipped: true }))
    assert.deepEqual(bodies(back), said.slice(2, 5).toReversed())
    assert.deepEqual(bodies(await romeo.archive.latest(2)), said.slice(5))
    assert.deepEqual(await romeo.archive.latest(0), [])
  })

  test('tells of each message whose it is, and when it came', async () => {
    await using server = await startTestServer()
    const before = Date.now()
    await using romeo = await talkative(server, ['hello'])
    const [entry] = await romeo.archive.latest(1)
    assert.equal(`${entry!.from}`, `${romeo.jid}`)
    assert.equal(`${entry!.to}`, 'juliet@localhost')
    assert.equal(entry!.isOwn, true)
    assert.ok(entry!.at >= before && entry!.at <= Date.now())
    assert.equal(entry!.way.archived, entry!.archiveId)
  })

  test('is scrolled through', async () => {
    await using server = await startTestServer()
    await using romeo = await talkative(server, ['a', 'b', 'c', 'd', 'e'])
    const newest = await romeo.archive.page({ max: 2 })
    assert.deepEqual([bodies(newest.messages), newest.isComplete, newest.count], [['d', 'e'], false, 5])
    const older = await romeo.archive.page({ max: 2, before: newest.first })
    assert.deepEqual(bodies(older.messages), ['b', 'c'])
    const oldest = await romeo.archive.page({ max: 2, before: older.first })
    assert.deepEqual([bodies(oldest.messages), oldest.isComplete], [['a'], true])
    assert.deepEqual(bodies((await romeo.archive.page({ max: 2, after: oldest.last })).messages), ['b', 'c'])
    const between = await romeo.archive.page({ after: oldest.last, before: newest.first })
    assert.deepEqual(bodies(between.messages), ['b', 'c'])
  })

  test('is searched by person, time, ids and words', async () => {
    await using server = await startTestServer()
    await server.createAccount({ local: 'nurse' })
    await using romeo = await talkative(server, ['wherefore art thou'])
    await romeo.messages.post('nurse@localhost', [body('where is she')]).reached('acked')
    const all = await romeo.archive.latest(10)
    assert.deepEqual(bodies(await collect(romeo.archive.query({ with: 'nurse@localhost' }))), ['where is she'])
    assert.deepEqual(bodies(await romeo.archive.latest(5, { text: 'thou' })), ['wherefore art thou'])
    assert.deepEqual(bodies(await romeo.archive.latest(5, { ids: [all[0]!.archiveId] })), ['wherefore art thou'])
    assert.deepEqual(bodies(await romeo.archive.latest(5, { end: all[0]!.at - 1 })), [])
    assert.equal((await romeo.archive.latest(5, { start: all[0]!.at })).length, 2)
    await assert.rejects(romeo.archive.latest(5, { ids: ['never'] }), { kind: 'request', condition: 'item-not-found' })
    assert.ok((await romeo.archiveAdmin.fields()).includes('with'))
  })

  test('says where it begins and ends, and whose messages it keeps', async () => {
    await using server = await startTestServer()
    await using romeo = await talkative(server, [])
    assert.deepEqual(await romeo.archiveAdmin.metadata(), { first: undefined, last: undefined })
    await romeo.messages.post('juliet@localhost', [body('hello')]).reached('acked')
    const [entry] = await romeo.archive.latest(1)
    const mark = { id: entry!.archiveId, at: entry!.at }
    assert.deepEqual(await romeo.archiveAdmin.metadata(), { first: mark, last: mark })

    assert.equal((await romeo.archiveAdmin.preferences()).default, 'always')
    const never = ['juliet@localhost']
    const set = await romeo.archiveAdmin.setPreferences({ default: 'roster', never })
    assert.equal(set.default, 'roster')
    assert.deepEqual((await romeo.archiveAdmin.preferences()).never.map(String), never)
  })

  test('a question that is given up stops', async () => {
    await using server = await startTestServer()
    await using romeo = await talkative(server, ['a', 'b', 'c'])
    const controller = new AbortController()
    const reading = romeo.archive.query({ pageSize: 1, signal: controller.signal })
    assert.equal((await reading.next()).value?.body, 'a')
    controller.abort(new Error('enough'))
    await assert.rejects(reading.next(), /enough/)
  })
})

const forwarded = (id: string, text: string, from = 'juliet@localhost/balcony', to = 'romeo@localhost'): Element =>
  el('message', NS, { from, to, type: 'chat', id }, [body(text)])

/** A server that has an archive with extras, and answers questions as `answer` says. */
async function scripted(
  answer: (queryId: string, send: (outer: string, result: Element) => void, iq: Element) => Element | undefined,
  features: readonly string[] = [MAM_NS, MAM_EXTENDED],
): Promise<HostileServer> {
  return await HostileServer.start({
    startTls: 'absent',
    script: {
      receive(iq, connection) {
        const payload = iq.firstElement()
        if (payload?.ns === 'http://jabber.org/protocol/disco#info') {
          connection.reply(iq, discoInfo.build({ identities: [], features, forms: [] }))
          return true
        }
        const query = payload === undefined ? undefined : archiveQuery.parse(payload)
        if (query === undefined || !('queryId' in query)) return
        const send = (from: string, result: Element): void =>
          connection.send(el('message', NS, { from, to: 'romeo@localhost' }, [result]))
        const fin = answer(query.queryId!, send, iq)
        if (fin !== undefined) connection.reply(iq, fin)
        return true
      },
    },
  })
}

const result = (queryId: string | undefined, id: string, stanza: Element): Element =>
  archiveResult.build({ queryId, id, forwarded: { stanza, delay: { stamp: 1_600_000_000_000 } } })
const fin = (complete: boolean, first?: string, last?: string): Element =>
  archiveFin.build({ complete, page: first === undefined ? {} : { first: { id: first }, last } })

describe('results of archives', () => {
  test('count from the archive that was asked, for the question that was asked, and are seen by nobody otherwise [S57]', async () => {
    await using server = await scripted((queryId, send) => {
      send('mallory@evil.example', result(queryId, 'f1', forwarded('1', 'forged: somebody else')))
      send('localhost', result(queryId, 'f2', forwarded('2', 'forged: the server')))
      send('romeo@localhost/other', result(queryId, 'f3', forwarded('3', 'forged: a device')))
      send('room@localhost', result(queryId, 'f4', forwarded('4', 'forged: another archive')))
      send('romeo@localhost', result('another', 'f5', forwarded('5', 'forged: another question')))
      send('romeo@localhost', result(undefined, 'f6', forwarded('6', 'forged: no question')))
      send('romeo@localhost', result(queryId, 'good', forwarded('7', 'true')))
      return fin(true, 'good', 'good')
    })
    await using romeo = await online(server, [archive, archiveAdmin])
    const seen: string[] = []
    romeo.on('message', ({ body }) => void seen.push(body ?? ''))
    assert.deepEqual(bodies(await romeo.archive.latest(10)), ['true'])
    await romeo.request('get', el('ping', 'urn:xmpp:ping'))
    assert.deepEqual(seen, [])
  })

  test('of a room speak for the room alone', async () => {
    await using server = await scripted((queryId, send) => {
      const said = (id: string, text: string, attributes: Record<string, string>): void =>
        send('room@localhost', result(queryId, id, el('message', NS, attributes, [body(text)])))
      said('1', 'true', { from: 'room@localhost/Juliet', type: 'groupchat' })
      said('2', 'forged: a contact', { from: 'juliet@localhost/balcony', type: 'chat' })
      said('3', 'forged: ourselves', { type: 'chat' })
      said('4', 'forged: another room', { from: 'other@localhost/Juliet', type: 'groupchat' })
      return fin(true, '1', '4')
    })
    await using romeo = await online(server, [archive, archiveAdmin])
    const seen: string[] = []
    romeo.on('message', ({ body }) => void seen.push(body ?? ''))
    assert.deepEqual(bodies(await romeo.archive.latest(10, { of: 'room@localhost' })), ['true'])
    const { count, last } = await romeo.archive.repair('room@localhost', 0)
    assert.deepEqual([count, last], [1, { id: '4', at: 1_600_000_000_000 }])
    assert.deepEqual(seen, ['true'])
  })

  test('of a room come before what arrives meanwhile, and what they have brought does not come again', async () => {
    const said = (id: string): Element => {
      const mark = el('stanza-id', STANZA_ID_NS, { id, by: 'room@localhost' })
      return el('message', NS, { from: 'room@localhost/Juliet', type: 'groupchat' }, [body(id), mark])
    }
    await using server = await scripted((queryId, send) => {
      const [session] = server.sessions.values()
      for (const id of ['2', '3']) session!.send(said(id).with({ to: session!.jid }))
      for (const id of ['1', '2']) send('room@localhost', result(queryId, id, said(id)))
      return fin(true, '1', '2')
    })
    await using romeo = await online(server, [archive, archiveAdmin])
    const seen: (string | undefined)[] = []
    romeo.on('message', ({ body }) => void seen.push(body))
    const { count, last } = await romeo.archive.repair('room@localhost', { id: '0', at: 1_500_000_000_000 })
    assert.deepEqual([seen, count, last?.id], [['1', '2', '3'], 2, '2'])
  })

  test('are bounded, and an archive that does not come to an end is told from one that does', async () => {
    let asked = 0
    await using server = await scripted((queryId, send) => {
      asked++
      for (let i = 0; i < 4; i++) send('romeo@localhost', result(queryId, `${i}`, forwarded(`${i}`, 'more')))
      return fin(false, '0', '3')
    })
    await using romeo = await online(server, [archive, archiveAdmin])
    await assert.rejects(romeo.archive.page({ max: 3 }), UnexpectedAnswerError)
    asked = 0
    assert.equal((await collect(romeo.archive.query({ pageSize: 4 }))).length, 8)
    assert.equal(asked, 2)
    await assert.rejects(romeo.archive.repair('room@localhost', { id: '3', at: 1 }), UnexpectedAnswerError)
  })

  test('that go round in a circle end as well', async () => {
    let asked = 0
    await using server = await scripted(() => fin(false, `${++asked % 3}`, `${asked % 3}`))
    await using romeo = await online(server, [archive, archiveAdmin])
    await assert.rejects(romeo.archive.repair('room@localhost', { id: 'known', at: 1 }), UnexpectedAnswerError)
    assert.equal(asked, 4)
  })

  test('that cannot be read are left out, the others are not', async () => {
    await using server = await scripted((queryId, send) => {
      send('romeo@localhost', result(queryId, '1', forwarded('1', 'from nobody', '@@@')))
      send('romeo@localhost', result(queryId, '2', el('presence', NS, { from: 'juliet@localhost' })))
      send('romeo@localhost', el('result', MAM_NS, { queryid: queryId, id: '3' }))
      send('romeo@localhost', result(queryId, '4', forwarded('4', 'good')))
      return fin(true, '1', '4')
    })
    await using romeo = await online(server, [archive, archiveAdmin])
    assert.deepEqual(bodies(await romeo.archive.latest(10)), ['good'])
  })

  test('what an archive lacks is told before it is asked for', async () => {
    await using server = await scripted(() => fin(true), [MAM_NS])
    await using romeo = await online(server, [archive, archiveAdmin])
    await assert.rejects(romeo.archive.latest(1, { ids: ['1'] }), UnsupportedError)
    await assert.rejects(romeo.archiveAdmin.metadata(), UnsupportedError)
    assert.deepEqual(await romeo.archive.latest(1), [])
  })
})

describe('ids of an archive', () => {
  test('are believed only of a server that says that it removes forged ones', async () => {
    let asked = 0
    await using server = await scripted(() => {
      asked++
      return fin(true)
    })
    await using romeo = await online(server, [archive, archiveAdmin])
    await romeo.archive.caughtUp()
    assert.equal(asked, 0)
  })

  test('a question of a later session begins after the last message of this one', async () => {
    const queries: Element[] = []
    await using server = await scripted(
      (queryId, send, iq) => {
        queries.push(iq)
        if (queries.length > 1) return fin(true)
        send('romeo@localhost', result(queryId, 'newest', forwarded('1', 'of before')))
        return fin(false, 'newest', 'newest')
      },
      [MAM_NS, STANZA_ID_NS],
    )
    await using romeo = await online(server, [archive, archiveAdmin])
    await romeo.archive.caughtUp()
    const stanzaId = (id: string, by: string): Element => el('stanza-id', STANZA_ID_NS, { id, by })
    const live = forwarded('live', 'hello').withChildren([
      body('hello'),
      stanzaId('forged', 'juliet@localhost'),
      stanzaId('true', 'romeo@localhost'),
    ])
    const arrived = next(romeo, 'message')
    const [session] = server.sessions.values()
    session!.send(live.with({ to: String(parseJid(session!.jid)) }))
    await arrived

    server.sessions.clear()
    const repaired = next(romeo, 'archive:repaired')
    server.connections.at(-1)!.break()
    await repaired
    assert.equal(queries[1]!.child('query', MAM_NS)?.child('set', RSM_NS)?.childText('after'), 'true')
  })

  test('a network that is away for longer than an answer may take changes no order, and is no error', async () => {
    let asked = 0
    await using server = await scripted(
      (queryId, send) => {
        if (++asked === 1) return undefined
        send('romeo@localhost', result(queryId, 'one', forwarded('1', 'missed')))
        send('romeo@localhost', result(queryId, 'two', forwarded('2', 'live')))
        return fin(true, 'one', 'two')
      },
      [MAM_NS, STANZA_ID_NS],
    )
    const timers = new Set<{ at: number; run: () => void }>()
    let now = 2_000_000_000_000
    const after = (milliseconds: number, run: () => void): (() => void) => {
      if (milliseconds === 0) return nodePlatform.clock.after(0, run)
      const timer = { at: now + milliseconds, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    }
    const pass = (milliseconds: number): void => {
      now += milliseconds
      for (const timer of timers) if (timer.at <= now && timers.delete(timer)) timer.run()
    }
    const mark = ['x/archive/mark', '1000000000000 zero'] as const
    await using romeo = await online(server, [archive], {
      store: () => ({ read: () => [mark], write: () => undefined, close: () => undefined }),
      platform: { ...nodePlatform, clock: { now: () => now, after } },
    })
    const got: (string | undefined)[] = []
    romeo.on('message', (message) => void got.push(message.body))
    romeo.on('error', (error) => void got.push(error.message))
    server.connection.send(
      forwarded('2', 'live').withChildren([
        body('live'),
        el('stanza-id', STANZA_ID_NS, { id: 'two', by: 'romeo@localhost' }),
      ]),
    )
    await server.until((element) => element.child('query', MAM_NS) !== undefined)
    await romeo.request('get', el('ping', 'urn:xmpp:ping')) // what was said to it until now has come

    server.refuse()
    server.connection.break()
    await reaches(romeo, 'waiting')
    pass(31_000)
    const state = await next(romeo, 'state', ({ name }) => name === 'waiting')
    assert.deepEqual(got, [])
    await server.accept()
    if (state.name === 'waiting') pass(state.retryAt - now)
    await reaches(romeo, 'online')
    const repaired = next(romeo, 'archive:repaired')
    pass(10_000)
    await repaired
    assert.deepEqual(got, ['missed', 'live'])
  })
})
