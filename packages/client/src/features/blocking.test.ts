import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as NS from '@rookery/protocol/namespaces'
import { BLOCKING_NS } from '@rookery/protocol/xeps/blocking'
import { el } from '@rookery/protocol/xml'
import { startTestServer } from '@rookery/testkit'
import { HostileServer } from '../../../../test/client/harness/hostile-server.ts'
import { next, online } from '../../test/online.ts'
import { blocking, ping, RequestError, UnsupportedError } from '../index.ts'

describe('blocking', () => {
  test('all devices learn who is blocked, and who is not any more', async () => {
    await using server = await startTestServer()
    await using romeo = await online(server, [blocking], { local: 'romeo' })
    await romeo.blocking.block('tybalt@localhost')
    await using phone = await online(server, [blocking], { jid: 'romeo@localhost', password: 'secret-romeo' })
    assert.deepEqual(phone.blocking.jids.map(String), ['tybalt@localhost'])
    const more = next(phone, 'blocking')
    await romeo.blocking.block(['paris@localhost', 'verona.example'], { report: 'spam', text: 'Plague' })
    assert.deepEqual((await more).blocked.map(String), ['paris@localhost', 'verona.example'])
    assert.ok(phone.blocking.isBlocked('paris@localhost/tomb'))
    assert.ok(phone.blocking.isBlocked('prince@verona.example'))
    assert.ok(!phone.blocking.isBlocked('juliet@localhost'))
    const one = next(phone, 'blocking')
    await romeo.blocking.unblock('tybalt@localhost')
    assert.deepEqual((await one).unblocked.map(String), ['tybalt@localhost'])
    await romeo.blocking.unblock([])
    assert.equal((await romeo.blocking.list()).length, 2)
    const all = next(phone, 'blocking')
    await romeo.blocking.unblockAll()
    assert.equal((await all).unblocked.length, 2)
    assert.deepEqual(phone.blocking.jids, [])
  })

  test('whom we have blocked we cannot ask', async () => {
    await using server = await startTestServer()
    await using romeo = await online(server, [blocking, ping])
    const tybalt = await server.createAccount()
    await romeo.blocking.block(tybalt.jid)
    await assert.rejects(
      romeo.ping(tybalt.jid),
      (error) => error instanceof RequestError && error.condition === 'not-acceptable',
    )
  })

  test('only the own account may say so, and a server without it is told apart', async () => {
    await using server = await HostileServer.start({ startTls: 'absent' })
    await using romeo = await online(server, [blocking])
    for (const [at, from] of [undefined, 'mallory@evil.example'].entries()) {
      const item = el('item', BLOCKING_NS, { jid: 'juliet@localhost' })
      server.connection.send(
        el('iq', NS.client, { type: 'set', id: `push-${at}`, from }, [el('block', BLOCKING_NS, undefined, [item])]),
      )
      const answer = await server.until((element) => element.name === 'iq' && element.attr('id') === `push-${at}`)
      assert.equal(answer.attr('type'), from === undefined ? 'result' : 'error')
      await romeo.request('set', el('session', NS.session))
      assert.deepEqual(romeo.blocking.jids.map(String), ['juliet@localhost'])
    }
    await assert.rejects(romeo.blocking.list(), UnsupportedError)
    await assert.rejects(romeo.blocking.block('juliet@localhost'), UnsupportedError)
  })
})
