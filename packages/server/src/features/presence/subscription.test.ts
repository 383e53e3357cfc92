import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideInbound, decideOutbound, type SubscriptionState, type SubscriptionType } from './subscription.ts'

// The tables of RFC 6121, appendix A, as they are printed there.
const printed = `
A.2.1 outbound subscribe
   |  "None"                  |  MUST [1] |  "None + Pending Out"     |
   |  "None + Pending Out"    |  MUST     |  no state change          |
   |  "None + Pending In"     |  MUST [1] |  "None + Pending Out+In"  |
   |  "None + Pending Out+In" |  MUST     |  no state change          |
   |  "To"                    |  MUST     |  no state change          |
   |  "To + Pending In"       |  MUST     |  no state change          |
   |  "From"                  |  MUST [1] |  "From + Pending Out"     |
   |  "From + Pending Out"    |  MUST     |  no state change          |
   |  "Both"                  |  MUST     |  no state change          |
A.2.2 outbound unsubscribe
   |  "None"                  |  MUST    |  no state change          |
   |  "None + Pending Out"    |  MUST    |  "None"                   |
   |  "None + Pending In"     |  MUST    |  no state change          |
   |  "None + Pending Out+In" |  MUST    |  "None + Pending In"      |
   |  "To"                    |  MUST    |  "None"                   |
   |  "To + Pending In"       |  MUST    |  "None + Pending In"      |
   |  "From"                  |  MUST    |  no state change          |
   |  "From + Pending Out"    |  MUST    |  "From"                   |
   |  "Both"                  |  MUST    |  "From"                   |
A.2.3 outbound subscribed
   |  "None"                  |  M.N.    |  pre-approval [1]         |
   |  "None + Pending Out"    |  M.N.    |  pre-approval [1]         |
   |  "None + Pending In"     |  MUST    |  "From"                   |
   |  "None + Pending Out+In" |  MUST    |  "From + Pending Out"     |
   |  "To"                    |  M.N.    |  pre-approval [1]         |
   |  "To + Pending In"       |  MUST    |  "Both"                   |
   |  "From"                  |  M.N.    |  no state change          |
   |  "From + Pending Out"    |  M.N.    |  no state change          |
   |  "Both"                  |  M.N.    |  no state change          |
A.2.4 outbound unsubscribed
   |  "None"                  |  S.N.    |  no state change [1]      |
   |  "None + Pending Out"    |  S.N.    |  no state change [1]      |
   |  "None + Pending In"     |  MUST    |  "None"                   |
   |  "None + Pending Out+In" |  MUST    |  "None + Pending Out"     |
   |  "To"                    |  S.N.    |  no state change [1]      |
   |  "To + Pending In"       |  MUST    |  "To"                     |
   |  "From"                  |  MUST    |  "None"                   |
   |  "From + Pending Out"    |  MUST    |  "None + Pending Out"     |
   |  "Both"                  |  MUST    |  "To"                     |
A.3.1 inbound subscribe
   |  "None"                  |  MUST [1]  |  "None + Pending In"     |
   |  "None + Pending Out"    |  MUST      |  "None + Pending Out+In" |
   |  "None + Pending In"     |  S.N.      |  no state change         |
   |  "None + Pending Out+In" |  S.N.      |  no state change         |
   |  "To"                    |  MUST      |  "To + Pending In"       |
   |  "To + Pending In"       |  S.N.      |  no state change         |
   |  "From"                  |  S.N. [2]  |  no state change         |
   |  "From + Pending Out"    |  S.N. [2]  |  no state change         |
   |  "Both"                  |  S.N. [2]  |  no state change         |
A.3.2 inbound unsubscribe
   |  "None"                  |  S.N.      |  no state change         |
   |  "None + Pending Out"    |  S.N.      |  no state change         |
   |  "None + Pending In"     |  MUST [1]  |  "None"                  |
   |  "None + Pending Out+In" |  MUST [1]  |  "None + Pending Out"    |
   |  "To"                    |  S.N.      |  no state change         |
   |  "To + Pending In"       |  MUST [1]  |  "To"                    |
   |  "From"                  |  MUST [1]  |  "None"                  |
   |  "From + Pending Out"    |  MUST [1]  |  "None + Pending Out"    |
   |  "Both"                  |  MUST [1]  |  "To"                    |
A.3.3 inbound subscribed
   |  "None"                  |  S.N.      |  no state change         |
   |  "None + Pending Out"    |  MUST      |  "To"                    |
   |  "None + Pending In"     |  S.N.      |  no state change         |
   |  "None + Pending Out+In" |  MUST      |  "To + Pending In"       |
   |  "To"                    |  S.N.      |  no state change         |
   |  "To + Pending In"       |  S.N.      |  no state change         |
   |  "From"                  |  S.N.      |  no state change         |
   |  "From + Pending Out"    |  MUST      |  "Both"                  |
   |  "Both"                  |  S.N.      |  no state change         |
A.3.4 inbound unsubscribed
   |  "None"                  |  S.N.      |  no state change         |
   |  "None + Pending Out"    |  MUST      |  "None"                  |
   |  "None + Pending In"     |  S.N.      |  no state change         |
   |  "None + Pending Out+In" |  MUST      |  "None + Pending In"     |
   |  "To"                    |  MUST      |  "None"                  |
   |  "To + Pending In"       |  MUST      |  "None + Pending In"     |
   |  "From"                  |  S.N.      |  no state change         |
   |  "From + Pending Out"    |  MUST      |  "From"                  |
   |  "Both"                  |  MUST      |  "From"                  |
`

interface Case {
  clause: string
  direction: string
  type: SubscriptionType
  state: SubscriptionState
  passes: boolean
  next: SubscriptionState
  note: string
}

function casesOf(text: string): Case[] {
  const cases: Case[] = []
  let heading = ['', '', '']
  for (const line of text.trim().split('\n')) {
    if (!line.includes('|')) {
      heading = line.split(' ')
      continue
    }
    const [state = '', rule = '', next = ''] = line
      .split('|')
      .slice(1, 4)
      .map((cell) => cell.trim().replaceAll('"', ''))
    const isNew = !next.startsWith('no state change') && !next.startsWith('pre-approval')
    cases.push({
      clause: heading[0]!,
      direction: heading[1]!,
      type: heading[2] as SubscriptionType,
      state: state as SubscriptionState,
      passes: rule.startsWith('MUST'),
      next: (isNew ? next : state) as SubscriptionState,
      note: `${rule} ${next}`,
    })
  }
  return cases
}

const cases = casesOf(printed)
const decide = ({ direction, type, state }: Case, approved: boolean) =>
  direction === 'outbound' ? decideOutbound(type, state, approved) : decideInbound(type, state, approved)

test('the tables are whole: nine states, four stanzas, two directions', () => {
  assert.equal(cases.length, 72)
  assert.equal(new Set(cases.map(({ state }) => state)).size, 9)
})

for (const one of cases)
  test(`${one.direction} "${one.type}" in "${one.state}" [RFC6121 ${one.clause}]`, () => {
    const { passes, next } = decide(one, false)
    assert.deepEqual({ passes, next }, { passes: one.passes, next: one.next })
  })

test('the server answers where appendix A says so, and nowhere else', () => {
  for (const one of cases.filter(({ direction }) => direction === 'inbound')) {
    const isNoted = one.note.includes(one.type === 'subscribe' ? '[2]' : '[1]')
    const expected = !isNoted ? undefined : one.type === 'subscribe' ? 'subscribed' : 'unsubscribed'
    assert.equal(decide(one, false).answer, expected, `${one.type} in ${one.state}`)
  }
})

test('"subscribed" with no request is an approval beforehand, "unsubscribed" takes it back [RFC6121 3.4.2]', () => {
  for (const one of cases.filter(({ direction }) => direction === 'outbound')) {
    const label = `${one.type} in ${one.state}`
    const isBeforehand = one.note.includes('pre-approval')
    assert.equal(decide(one, false).approved, isBeforehand, label)
    assert.equal(decide(one, true).approved, one.type !== 'unsubscribed', label)
    assert.equal(decide(one, true).next, one.next, label)
    assert.equal(decide(one, true).passes, one.passes, label)
  }
})

test('a request that was approved beforehand is granted and never shown [RFC6121 3.4.2]', () => {
  const granted: [SubscriptionState, SubscriptionState][] = [
    ['None', 'From'],
    ['None + Pending Out', 'From + Pending Out'],
    ['To', 'Both'],
  ]
  for (const [state, next] of granted)
    assert.deepEqual(decideInbound('subscribe', state, true), {
      passes: false,
      next,
      approved: true,
      answer: 'subscribed',
    })
})

test('nothing that a contact sends changes an approval', () => {
  for (const one of cases.filter(({ direction }) => direction === 'inbound'))
    for (const approved of [true, false]) assert.equal(decide(one, approved).approved, approved)
})
