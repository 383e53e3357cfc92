import assert from 'node:assert/strict'
import { test } from 'node:test'
import { payloadOf } from './payload.ts'

const plain = { account: 'juliet@capulet.example', count: 2, isUrgent: false }

test('says what there is to say, and hides its length', () => {
  const short = payloadOf(plain)
  assert.deepEqual(JSON.parse(short), { account: 'juliet@capulet.example', count: 2 })
  const long = payloadOf({
    ...plain,
    requests: 1,
    from: 'romeo@montague.example',
    body: 'Art thou there? é',
    isUrgent: true,
  })
  assert.deepEqual(JSON.parse(long), {
    account: 'juliet@capulet.example',
    count: 2,
    requests: 1,
    from: 'romeo@montague.example',
    body: 'Art thou there? é',
    urgent: true,
  })
  assert.equal(Buffer.byteLength(short), 512)
  assert.equal(Buffer.byteLength(long), 512)
})

test('never has more than a push service takes [RFC8030 7.2]', () => {
  for (const body of ['"'.repeat(1500), '\u{1f600}'.repeat(900), 'x'.repeat(3900), 'é'.repeat(4000)]) {
    const text = payloadOf({ ...plain, from: 'romeo@montague.example', body })
    assert.ok(Buffer.byteLength(text) <= 3900)
    assert.equal(JSON.parse(text).from, 'romeo@montague.example')
  }
  const addresses = { account: `${'x'.repeat(1000)}@${'y'.repeat(1000)}`, from: 'z'.repeat(3000) }
  assert.deepEqual(JSON.parse(payloadOf({ ...plain, ...addresses })), { account: addresses.account, count: 2 })
  assert.deepEqual(JSON.parse(payloadOf({ ...plain, account: 'x'.repeat(4000) })), { count: 2 })
})
