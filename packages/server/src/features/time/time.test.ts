import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CodecError } from '@rookery/protocol/codec'
import { TIME_NS, time } from '@rookery/protocol/xeps/time'
import { memoryServer } from '../../../test/memory-server.ts'

test('tells the time and how far it is from UTC', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo')
  server.clock.advance(1500)
  const answer = await romeo.ask(`<iq type='get' id='q' to='localhost'><time xmlns='${TIME_NS}'/></iq>`)
  const read = time.find(answer)
  assert.ok(read !== undefined && !(read instanceof CodecError))
  assert.equal(read.utc, Date.UTC(2026, 0, 1, 0, 0, 1, 500))
  assert.equal(read.tzo, -new Date(read.utc).getTimezoneOffset() || 0)
})
