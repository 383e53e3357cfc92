import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jid } from '@rookery/protocol/jid'
import { BlockList } from './block-list.ts'

for (const [item, matching, others] of [
  ['bob@x.org', ['bob@x.org', 'bob@x.org/one'], ['x.org', 'rob@x.org', 'bob@y.org']],
  ['bob@x.org/one', ['bob@x.org/one'], ['bob@x.org', 'bob@x.org/two']],
  ['x.org', ['x.org', 'bob@x.org', 'bob@x.org/one', 'x.org/one'], ['y.org', 'sub.x.org', 'bob@sub.x.org']],
  ['x.org/one', ['x.org/one'], ['x.org', 'x.org/two', 'bob@x.org/one']],
] as const)
  test(`${item} stands for ${matching.join(', ')}`, () => {
    const list = new BlockList([jid(item)])
    for (const one of matching) assert.ok(list.matches(jid(one)), one)
    for (const one of others) assert.ok(!list.matches(jid(one)), one)
  })

test('an address is the same in any spelling', () => {
  assert.ok(new BlockList([jid('BOB@X.org')]).matches(jid('bob@x.ORG/one')))
})

test('comes back from storage as it was', () => {
  const list = new BlockList([jid('a@x'), jid('b@x/ü ü'), jid('c')])
  assert.deepEqual(BlockList.parse(list.toString()).jids.map(String), ['a@x', 'b@x/ü ü', 'c'])
  assert.equal(BlockList.parse('').size, 0)
  assert.equal(
    list
      .without([jid('C')])
      .with([jid('a@x')])
      .toString(),
    'a@x\nb@x/ü ü',
  )
})
