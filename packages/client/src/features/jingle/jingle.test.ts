import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { StanzaError } from '@rookery/protocol/stanza'
import { jingle as codec, JINGLE_NS, type JingleContent } from '@rookery/protocol/xeps/jingle'
import { type Element, el } from '@rookery/protocol/xml'
import { startTestServer } from '@rookery/testkit'
import { acquaint, online } from '../../../test/online.ts'
import { type JingleApplication, type JingleEnd, type JingleSession, jingle, UnsupportedError } from '../../index.ts'

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

  test('take no steps out of order', async () => {
    await using both = await pair()
    const { romeo, juliet } = both
    juliet.jingle.take(GAME_NS, () => ({}))
    const { sid } = await romeo.jingle.initiate(juliet.jid!, contents, {})
    const request = (action: 'session-accept' | 'session-initiate' | 'content-add') =>
      romeo.request('set', codec.build({ action, sid, contents, infos: [] }), { to: juliet.jid! })
    await assert.rejects(request('session-accept'), condition('out-of-order'))
    await assert.rejects(request('session-initiate'), condition('out-of-order'))
    await assert.rejects(request('content-add'), condition('feature-not-implemented'))
    await assert.rejects(romeo.request('set', el('jingle', JINGLE_NS), { to: juliet.jid! }), condition('bad-request'))
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
})
