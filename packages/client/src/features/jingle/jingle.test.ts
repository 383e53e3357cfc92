import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NS } from '@rookery/protocol'
import { StanzaError } from '@rookery/protocol/stanza'
import {
  jingle as codec,
  JINGLE_NS,
  type JingleAction,
  type JingleContent,
  jingleError,
} from '@rookery/protocol/xeps/jingle'
import { type Element, el } from '@rookery/protocol/xml'
import { startTestServer } from '@rookery/testkit'
import { HostileServer } from '../../../../../test/client/harness/hostile-server.ts'
import { acquaint, next, online } from '../../../test/online.ts'
import { within } from '../../../test/waiting.ts'
import {
  DisconnectedError,
  defineExtension,
  type JingleApplication,
  type JingleEnd,
  type JingleSession,
  jingle,
  UnsupportedError,
} from '../../index.ts'
import { nodePlatform } from '../../node/index.ts'

const GAME_NS = 'urn:example:game'
const contents: JingleContent[] = [
  { creator: 'initiator', name: 'board', description: el('description', GAME_NS), transport: el('transport', GAME_NS) },
]

async function pair() {
  const server = await startTestServer()
  const romeo = await online(server, [jingle])
  const juliet = await online(server, [jingle])
  await acquaint(romeo, juliet)
  const stop = async (): Promise<void> => {
    await Promise.all([romeo.close(), juliet.close()])
    await server.stop()
  }
  return { server, romeo, juliet, [Symbol.asyncDispose]: stop }
}

/** An application that notes what it hears. */
class Notes implements JingleApplication {
  readonly heard: string[] = []
  readonly infos: Element[] = []
  readonly over = Promise.withResolvers<JingleEnd>()
  readonly begun = Promise.withResolvers<readonly JingleContent[]>()
  accepted(list: readonly JingleContent[]): void {
    this.heard.push('accepted')
    this.begun.resolve(list)
  }
  told(info: Element): boolean {
    this.infos.push(info)
    return info.ns === GAME_NS
  }
  ended(end: JingleEnd): void {
    this.heard.push('ended')
    this.over.resolve(end)
  }
}

const condition = (name: string) => (error: unknown) => {
  const { application } = error as { application?: Element }
  assert.equal(application?.name ?? (error as { condition: string }).condition, name)
  return true
}

describe('sessions between two clients', () => {
  test('begin with an offer, are accepted, talked about and ended', async () => {
    await using both = await pair()
    const { romeo, juliet } = both
    const there = Promise.withResolvers<JingleSession>()
    const [ours, theirs] = [new Notes(), new Notes()]
    juliet.jingle.take(GAME_NS, (session) => {
      there.resolve(session)
      return theirs
    })
    const session = await romeo.jingle.initiate(juliet.jid!, contents, ours)
    assert.equal(session.state, 'pending')
    const other = await there.promise
    assert.equal(other.role, 'responder')
    assert.ok(other.peer.equals(romeo.jid!))
    assert.equal(other.contents[0]?.name, 'board')
    await other.accept([{ ...contents[0]!, senders: 'both' }])
    assert.equal((await ours.begun.promise)[0]?.senders, 'both')
    assert.equal(session.state, 'active')
    await session.tell([el('move', GAME_NS, { to: 'e4' })])
    assert.equal(theirs.infos[0]?.attr('to'), 'e4')
    await session.tell([])
    await assert.rejects(session.tell([el('move', 'urn:example:other')]), condition('unsupported-info'))
    await other.end({ condition: 'success', text: 'Mate.' })
    assert.deepEqual(await ours.over.promise, { condition: 'success', text: 'Mate.', isOwn: false })
    assert.deepEqual(await theirs.over.promise, { condition: 'success', text: 'Mate.', isOwn: true })
    assert.equal(session.state, 'ended')
    await assert.rejects(session.tell([]), condition('unknown-session'))
  })

  test('are ended when nobody has such an application, and refused as it says', async () => {
    await using both = await pair()
    const { romeo, juliet } = both
    const ours = new Notes()
    await romeo.jingle.initiate(juliet.jid!, contents, ours)
    assert.equal((await ours.over.promise).condition, 'unsupported-applications')
    juliet.jingle.take(GAME_NS, () => {
      throw new StanzaError('resource-constraint')
    })
    await assert.rejects(romeo.jingle.initiate(juliet.jid!, contents, {}), condition('resource-constraint'))
    await using plain = await online(both.server, [])
    await acquaint(romeo, plain)
    await assert.rejects(romeo.jingle.initiate(plain.jid!, contents, {}), UnsupportedError)
  })

  test('belong to two: a third can say nothing in them', async () => {
    await using both = await pair()
    const { romeo, juliet, server } = both
    await using eve = await online(server, [])
    await acquaint(juliet, eve)
    const theirs = new Notes()
    juliet.jingle.take(GAME_NS, () => theirs)
    const { sid } = await romeo.jingle.initiate(juliet.jid!, contents, {})
    const end = codec.build({
      action: 'session-terminate',
      sid,
      initiator: romeo.jid!,
      contents: [],
      infos: [],
      reason: { condition: 'cancel' },
    })
    await assert.rejects(eve.request('set', end, { to: juliet.jid! }), condition('unknown-session'))
    assert.deepEqual(theirs.heard, [])
  })

  test('that are over stay so, whoever accepts them then', async () => {
    await using both = await pair()
    const { romeo, juliet } = both
    const there = Promise.withResolvers<JingleSession>()
    const theirs = new Notes()
    juliet.jingle.take(GAME_NS, (session) => {
      there.resolve(session)
      return theirs
    })
    const session = await romeo.jingle.initiate(juliet.jid!, contents, {})
    const other = await there.promise
    await session.end({ condition: 'cancel' })
    await theirs.over.promise
    await assert.rejects(other.accept(contents), DisconnectedError)
    assert.equal(other.state, 'ended')
  })

  test('take no steps out of order', async () => {
    await using both = await pair()
    const { romeo, juliet } = both
    juliet.jingle.take(GAME_NS, () => ({}))
    const { sid } = await romeo.jingle.initiate(juliet.jid!, contents, {})
    const request = (action: JingleAction) =>
      romeo.request('set', codec.build({ action, sid, contents, infos: [] }), { to: juliet.jid! })
    for (const action of ['session-accept', 'session-initiate', 'transport-accept', 'transport-reject'] as const)
      await assert.rejects(request(action), condition('out-of-order'), action)
    for (const action of ['content-accept', 'content-reject'] as const)
      await assert.rejects(request(action), condition('out-of-order'), action)
    for (const action of ['transport-info', 'description-info', 'security-info'] as const)
      await assert.rejects(request(action), condition('unsupported-info'), action)
    await assert.rejects(request('content-modify'), condition('feature-not-implemented'))
    const unknown = el('jingle', JINGLE_NS, { action: 'content-paint', sid })
    await assert.rejects(romeo.request('set', unknown, { to: juliet.jid! }), condition('bad-request'))
    await assert.rejects(romeo.request('set', el('jingle', JINGLE_NS), { to: juliet.jid! }), condition('bad-request'))
  })

  test('stay as they are: what is added is rejected, and without contents they end [XEP-0166 7.2]', async () => {
    await using server = await HostileServer.start({ script: {} })
    await using client = await online(server, [jingle])
    const said: string[] = []
    server.script.receive = (element, connection) => {
      if (element.name !== 'iq' || element.attr('to') !== 'juliet@localhost/x') return
      const payload = element.firstElement()
      const action = payload?.attr('action') ?? element.attr('id')
      said.push(`${element.attr('type')} ${action} ${payload?.child('content')?.attr('name')}`)
      if (element.attr('type') === 'set') connection.reply(element)
      return true
    }
    const over = new Notes()
    client.jingle.take(GAME_NS, () => over)
    const ask = async (id: string, action: JingleAction, list: readonly JingleContent[]): Promise<undefined> => {
      server.connection.send(
        el('iq', NS.client, { type: 'set', id, from: 'juliet@localhost/x', to: client.jid!.toString() }, [
          codec.build({ action, sid: 's', contents: list, infos: [] }),
        ]),
      )
      await client.request('get', el('ping', 'urn:xmpp:ping'))
      return undefined
    }
    const second = { ...contents[0]!, name: 'clock' }
    await ask('a', 'session-initiate', contents)
    await ask('b', 'content-add', [second])
    await ask('c', 'transport-replace', contents)
    await ask('d', 'content-remove', [second])
    await ask('e', 'content-remove', contents)
    assert.equal((await over.over.promise).condition, 'success')
    await client.request('get', el('ping', 'urn:xmpp:ping'))
    assert.deepEqual(said, [
      'result a undefined',
      'result b undefined',
      'set content-reject clock',
      'result c undefined',
      'set transport-reject board',
      'error d undefined',
      'result e undefined',
      'set session-terminate undefined',
    ])
  })

  test('go on over another transport, when one side proposes it and the other agrees', async () => {
    await using both = await pair()
    const { romeo, juliet } = both
    const there = Promise.withResolvers<JingleSession>()
    const heard: (string | undefined)[] = []
    juliet.jingle.take(GAME_NS, (session) => {
      there.resolve(session)
      return {}
    })
    await romeo.jingle.initiate(juliet.jid!, contents, {
      replaced: (list) => {
        heard.push(list[0]?.transport?.ns)
        return list[0]?.transport?.ns === 'urn:example:pigeon' ? list : undefined
      },
    })
    const session = await there.promise
    const over = (ns: string): JingleContent[] => [
      { creator: 'initiator', name: 'board', transport: el('transport', ns) },
    ]
    assert.equal((await session.replaceTransport(over('urn:example:pigeon')))[0]?.transport?.ns, 'urn:example:pigeon')
    await assert.rejects(session.replaceTransport(over('urn:example:owl')), UnsupportedError)
    assert.deepEqual(heard, ['urn:example:pigeon', 'urn:example:owl'])
    const late = assert.rejects(session.replaceTransport(over('urn:example:pigeon')), DisconnectedError)
    await session.end({ condition: 'cancel' })
    await late
  })

  test('one of two that are the same and began at once counts: the one with the lower name', async () => {
    await using both = await pair()
    const { romeo, juliet } = both
    const taken: string[] = []
    for (const client of [romeo, juliet])
      client.jingle.take(GAME_NS, ({ sid }) => {
        taken.push(sid)
        return {}
      })
    const same: JingleApplication = { isSame: (list) => list[0]?.description?.ns === GAME_NS }
    const outcomes = await Promise.allSettled([
      romeo.jingle.initiate(juliet.jid!, contents, same),
      juliet.jingle.initiate(romeo.jid!, contents, same),
    ])
    const won = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value.sid] : []))
    const lost = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    assert.equal(won.length, 1)
    assert.deepEqual(taken, won)
    condition('tie-break')(lost[0])
  })

  test('are over when the client is closed on its way back', async () => {
    await using server = await HostileServer.start()
    server.script.receive = (element, connection) => {
      if (element.attr('to') !== 'juliet@localhost/x') return false
      connection.reply(element)
      return true
    }
    const client = await online(server, [jingle])
    const ours = new Notes()
    await client.jingle.initiate('juliet@localhost/x', contents, ours)
    const lost = next(client, 'state', ({ name }) => name === 'waiting')
    server.script.connect = (connection) => connection.break()
    server.connection.break()
    await lost
    await client.close()
    assert.equal((await within(ours.over.promise, 'the end')).condition, 'gone')
  })

  test('are over when the other side is gone', async () => {
    await using both = await pair()
    const { romeo, juliet } = both
    const [ours, theirs] = [new Notes(), new Notes()]
    juliet.jingle.take(GAME_NS, () => theirs)
    await romeo.jingle.initiate(juliet.jid!, contents, ours)
    await juliet.disconnect()
    assert.equal((await theirs.over.promise).condition, 'gone')
    assert.equal((await ours.over.promise).condition, 'gone')
  })

  for (const [forgets, title] of [
    [true, 'are over when the other side has forgotten them, which is asked now and then'],
    [false, 'go on while the other side knows them'],
  ] as const)
    test(title, async () => {
      const clocks: (() => unknown)[] = []
      const platform = {
        ...nodePlatform,
        clock: {
          ...nodePlatform.clock,
          after: (milliseconds: number, run: () => unknown) => {
            if (milliseconds !== 90_000) return nodePlatform.clock.after(milliseconds, run)
            clocks.push(run)
            return () => void clocks.splice(clocks.indexOf(run), 1)
          },
        },
      }
      const asked: string[] = []
      const other = defineExtension({
        name: 'other',
        start: (core) =>
          core.respond('set', 'jingle', JINGLE_NS, ({ payload }) => {
            asked.push(payload?.attr('action') ?? '')
            if (forgets && asked.length > 1) throw jingleError('unknown-session')
            return undefined
          }),
      })
      await using server = await startTestServer()
      await using romeo = await online(server, [jingle], { ...(await server.createAccount()), platform })
      await using juliet = await online(server, [other])
      await acquaint(romeo, juliet)
      const ours = new Notes()
      const session = await romeo.jingle.initiate(juliet.jid!, contents, ours)
      assert.equal(clocks.length, 1)
      await clocks[0]!()
      assert.deepEqual(asked, ['session-initiate', 'session-info'])
      if (!forgets) assert.equal(session.state, 'pending')
      else assert.deepEqual(await ours.over.promise, { condition: 'gone', isOwn: false })
    })
})
