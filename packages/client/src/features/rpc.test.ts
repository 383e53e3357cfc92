import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startTestServer } from '@rookery/testkit'
import { acquaint, online } from '../../test/online.ts'
import { disco, RequestError, RpcFault, type RpcValue, rpc } from '../index.ts'

describe('procedures of others', () => {
  test('are called with values, and answer with values', async () => {
    await using server = await startTestServer()
    await using romeo = await online(server, [rpc])
    await using juliet = await online(server, [rpc])
    await acquaint(romeo, juliet)
    const seen: (readonly RpcValue[])[] = []
    juliet.rpc.offer(
      'echo.all',
      (params, from) => {
        assert.ok(from.equals(romeo.jid!))
        seen.push(params)
        return params
      },
      { allowed: (jid) => jid.bare.equals(romeo.jid!.bare) },
    )
    const date = new Date(1_700_000_000_000)
    const bytes = Uint8Array.from([1, 2, 3])
    const values = [1, -2.5, 'Grüße <&>', true, null, date, bytes, ['a', 1], { name: 'Romeo' }]
    const answer = await romeo.rpc.call(juliet.jid!, 'echo.all', ...values)
    const read = [1, -2.5, 'Grüße <&>', true, null, date, bytes, ['a', 1], new Map([['name', 'Romeo']])]
    assert.deepEqual(answer, read)
    assert.deepEqual(seen, [read])
    assert.equal(await romeo.rpc.call(juliet.jid!, 'echo.all').then((value) => (value as unknown[]).length), 0)
  })

  test('are for those who may, and tell others nothing', async () => {
    await using server = await startTestServer()
    await using romeo = await online(server, [rpc])
    await using juliet = await online(server, [rpc])
    await acquaint(romeo, juliet)
    juliet.rpc.offer('secret', () => 1)
    for (const method of ['secret', 'no.such'])
      await assert.rejects(romeo.rpc.call(juliet.jid!, method), { condition: 'forbidden' })
    await using phone = await online(server, [rpc], { jid: juliet.jid!.bare.toString(), password: 'secret-user2' })
    assert.equal(await phone.rpc.call(juliet.jid!, 'secret'), 1)
  })

  test('say what went wrong', async () => {
    await using server = await startTestServer()
    await using romeo = await online(server, [rpc])
    await using juliet = await online(server, [rpc])
    await acquaint(romeo, juliet)
    const allowed = (): boolean => true
    const errors: unknown[] = []
    juliet.on('error', (error) => errors.push(error.cause))
    juliet.rpc.offer(
      'fails',
      () => {
        throw new RpcFault(7, 'Out of roses.')
      },
      { allowed },
    )
    juliet.rpc.offer(
      'breaks',
      () => {
        throw new RangeError('a bug')
      },
      { allowed },
    )
    const stop = juliet.rpc.offer('nothing', () => undefined, { allowed })
    await assert.rejects(romeo.rpc.call(juliet.jid!, 'fails'), (error) => {
      assert.ok(error instanceof RpcFault)
      assert.deepEqual([error.code, error.message], [7, 'Out of roses.'])
      return true
    })
    await assert.rejects(romeo.rpc.call(juliet.jid!, 'breaks'), { condition: 'internal-server-error' })
    assert.ok(errors[0] instanceof RangeError)
    assert.equal(await romeo.rpc.call(juliet.jid!, 'nothing'), null)
    stop()
    await assert.rejects(romeo.rpc.call(juliet.jid!, 'nothing'), RpcFault)
    await assert.rejects(romeo.rpc.callWith({ signal: AbortSignal.abort(new Error('no')) }, juliet.jid!, 'fails'), /no/)
    await using plain = await online(server, [])
    await acquaint(romeo, plain)
    await assert.rejects(romeo.rpc.call(plain.jid!, 'x'), RequestError)
  })

  test('are announced', async () => {
    await using server = await startTestServer()
    await using romeo = await online(server, [disco])
    await using juliet = await online(server, [rpc])
    await acquaint(romeo, juliet)
    const { features, identities } = await romeo.disco.info(juliet.jid!)
    assert.ok(features.includes('jabber:iq:rpc'))
    assert.ok(identities.some(({ category, type }) => category === 'automation' && type === 'rpc'))
  })
})
