import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RosterItem } from '@rookery/storage'
import type { SubscriptionState } from './subscription.ts'
import { changedItem, stateOf } from './subscription-item.ts'

const jid = 'juliet@example.com'
const states: SubscriptionState[] = [
  'None',
  'None + Pending Out',
  'None + Pending In',
  'None + Pending Out+In',
  'To',
  'To + Pending In',
  'From',
  'From + Pending Out',
  'Both',
]
const named: RosterItem = {
  jid,
  name: 'Juliet',
  groups: ['Friends'],
  subscription: 'none',
  ask: false,
  approved: false,
  listed: true,
}
const request = '<presence/>'

test('every state survives being kept', () => {
  for (const state of states)
    for (const approved of [true, false]) {
      const item = changedItem(named, { jid, next: state, approved, request })
      assert.equal(stateOf(item), state)
      assert.equal(item?.approved, approved)
      assert.deepEqual([item?.name, item?.groups, item?.listed], ['Juliet', ['Friends'], true])
    }
})

test('nothing new is the very same item', () => {
  for (const state of states) {
    const item = changedItem(named, { jid, next: state, approved: false, request })
    assert.equal(changedItem(item, { jid, next: state, approved: false, request: undefined }), item)
  }
})

test('a request of a stranger is remembered without being listed, and forgotten when it is answered', () => {
  const asked = changedItem(undefined, { jid, next: 'None + Pending In', approved: false, request })
  assert.equal(asked?.listed, false)
  assert.equal(asked?.pendingIn, request)
  assert.equal(changedItem(asked, { jid, next: 'None', approved: false, request: undefined }), undefined)
  const granted = changedItem(asked, { jid, next: 'From', approved: false, request: undefined })
  assert.deepEqual([granted?.listed, granted?.pendingIn, granted?.subscription], [true, undefined, 'from'])
})

test('whoever the user asks or approves beforehand enters the roster, and stays in it', () => {
  const asked = changedItem(undefined, { jid, next: 'None + Pending Out', approved: false, request: undefined })
  assert.deepEqual([asked?.listed, asked?.ask], [true, true])
  assert.equal(changedItem(asked, { jid, next: 'None', approved: false, request: undefined })?.listed, true)
  assert.equal(changedItem(undefined, { jid, next: 'None', approved: true, request: undefined })?.listed, true)
  assert.equal(changedItem(undefined, { jid, next: 'None', approved: false, request: undefined }), undefined)
})
