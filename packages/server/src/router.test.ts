import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NS } from '@rookery/protocol'
import { jid } from '@rookery/protocol/jid'
import { Message, message, StanzaError } from '@rookery/protocol/stanza'
import { el } from '@rookery/protocol/xml'
import { Lane } from './lane.ts'
import { arrivalOf, type Destination, Router } from './router.ts'
import { Session } from './session.ts'

const romeo = jid('romeo@a.example/one')

function setUp() {
  const taken: string[] = []
  const router = new Router()
  const destination = (name: string): Destination => ({
    take: (stanza) => void taken.push(`${name}: ${stanza.type} to ${stanza.to}`),
    begin: () => arrivalOf(() => void taken.push(`${name} goes on`)),
  })
  router.add('a.example', destination('a'))
  router.add('b.example', destination('b'))
  const written: string[] = []
  const link = {
    remoteAddress: '127.0.0.1',
    isSecure: true,
    write: (wire: string) => void written.push(wire),
    flushed: () => undefined,
    close: () => undefined,
  }
  const session = new Session(romeo, link, new Lane(1000, assert.ifError), 0, 1000)
  return { router, taken, written, session, destination }
}

const to = (address: string | undefined, type: 'chat' | 'error' = 'chat') =>
  message(romeo, address === undefined ? undefined : jid(address), { type, id: 'm' }, [])

describe('the router', () => {
  test('goes by the domain of the address alone', () => {
    const { router, taken } = setUp()
    for (const address of ['a.example', 'juliet@a.example', 'juliet@b.example/x', 'b.example/x'])
      router.route(to(address), undefined)
    assert.deepEqual(taken, [
      'a: chat to a.example',
      'a: chat to juliet@a.example',
      'b: chat to juliet@b.example/x',
      'b: chat to b.example/x',
    ])
  })

  test('gives back what the destination gives', async () => {
    const { router } = setUp()
    const wait = Promise.resolve(undefined)
    router.add('c.example', { take: () => wait, begin: () => assert.fail() })
    assert.equal(router.route(to('c.example'), undefined), wait)
  })

  test('leads a message to its destination in two halves', async () => {
    const { router, taken, written, session } = setUp()
    const arrival = await router.begin(to('juliet@b.example'), session)
    assert.deepEqual(taken, [])
    arrival.proceed(undefined)
    assert.deepEqual(taken, ['b goes on'])
    const nowhere = await router.begin(to('juliet@c.example'), session)
    assert.deepEqual(written, [])
    nowhere.proceed(undefined)
    assert.match(written[0]!, /remote-server-not-found/)
  })

  test('knows one destination for a domain, until it is removed', () => {
    const { router, taken, destination } = setUp()
    assert.throws(() => router.add('a.example', destination('other')), /a\.example/)
    router.remove('a.example')
    router.add('a.example', destination('other'))
    router.route(to('a.example'), undefined)
    assert.deepEqual(taken, ['other: chat to a.example'])
  })

  test('answers for domains it does not reach, the session itself or along the way', () => {
    const { router, taken, written, session } = setUp()
    router.route(to('x.example'), session)
    assert.equal(written.length, 1)
    assert.match(written[0]!, /remote-server-not-found/)
    assert.deepEqual(taken, [])
    router.route(to('x.example'), undefined)
    assert.deepEqual(taken, ['a: error to romeo@a.example/one'])
  })

  test('never answers an error, nor runs in a circle', () => {
    const { router, taken, written, session } = setUp()
    router.route(to('x.example', 'error'), session)
    router.route(to(undefined), session)
    const lost = new Message(el('message', NS.client), jid('tybalt@y.example'), jid('x.example'))
    router.route(lost, undefined)
    router.refuse(to('a.example', 'error'), new StanzaError('gone'), undefined)
    assert.deepEqual([taken, written], [[], []])
  })

  test('lets the host of a sender know that a message of his was refused', () => {
    const { router, session, taken } = setUp()
    const told: string[] = []
    router.remove('a.example')
    const refused = (error: Message, who: Session): void =>
      void told.push(`${error.type} from ${error.from} to ${who.jid}`)
    router.add('a.example', { take: () => assert.fail(), begin: () => assert.fail(), refused })
    router.refuse(to('juliet@b.example'), new StanzaError('gone'), session)
    assert.deepEqual([told, taken], [['error from juliet@b.example to romeo@a.example/one'], []])
  })

  test('says nothing to a session that has ended', () => {
    const { router, written, session } = setUp()
    session.markEnded()
    router.refuse(to('a.example'), new StanzaError('gone'), session)
    assert.deepEqual(written, [])
  })
})
