/** A client and its store, at the beginning and at the end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from '../node/index.ts'

const account = { jid: 'romeo@example.org' }

test('a store that cannot be read is let go of', async () => {
  let closed = 0
  const store = () => ({
    read: () => Promise.reject(new Error('not now')),
    write: () => undefined,
    close: () => void closed++,
  })
  await assert.rejects(createClient({ ...account, store: store as never }), /not now/)
  assert.equal(closed, 1)
})

test('everybody who closes a client waits until its store is closed, which is done once', async () => {
  const order: string[] = []
  const close = async (): Promise<undefined> => {
    order.push('begins')
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
    order.push('ends')
  }
  const client = await createClient({ ...account, store: () => ({ read: () => [], write: () => undefined, close }) })
  void client.close()
  await client.close()
  assert.deepEqual(order, ['begins', 'ends'])
  await client.close()
  assert.deepEqual(order, ['begins', 'ends'])
})
