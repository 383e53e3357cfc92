import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HostileServer } from '../../../../../test/client/harness/hostile-server.ts'
import { online } from '../../../test/online.ts'
import { StoreError, TimeoutError } from '../../index.ts'
import { arrived } from './arrived.ts'

test('where the archive does not tell in time, messages count as not arrived: that is no error', async () => {
  await using server = await HostileServer.start()
  await using client = await online(server, [])
  const unsure = [client.messages.post('juliet@localhost', [])]
  const asking = (error: Error) => arrived(unsure, client.jid!.bare, () => failing(error))
  assert.equal((await asking(new TimeoutError('There was no answer.'))).size, 0)
  await assert.rejects(asking(new StoreError('Anything else.')), StoreError)
})

// biome-ignore lint/correctness/useYield: it fails before the first
async function* failing(error: Error): AsyncGenerator<never> {
  throw error
}
