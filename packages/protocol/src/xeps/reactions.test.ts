/** How many reactions of one person are kept. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isBroken } from '../codec/index.ts'
import { reactions } from './reactions.ts'

it('of thousands of reactions the first 64 are kept', () => {
  const list = Array.from({ length: 4000 }, (_, at) => `n${at}`)
  const read = reactions.parse(reactions.build({ id: 'cake-1', reactions: list }))
  assert.ok(read !== undefined && !isBroken(read))
  assert.deepEqual(read.reactions, list.slice(0, 64))
})
