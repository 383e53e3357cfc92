import assert from 'node:assert/strict'
import { test } from 'node:test'
import { moved } from './moved.ts'

test('another host is reached in the same way, at the port that is told, or the usual one', () => {
  assert.equal(moved('xmpp://a:1', 'b.example'), 'xmpp://b.example:5222')
  assert.equal(moved('xmpps://a:1', 'b.example'), 'xmpps://b.example:5223')
  assert.equal(moved('xmpps://a:1', 'b.example:443'), 'xmpps://b.example:443')
  assert.equal(moved('xmpp://a:1', '[::1]'), 'xmpp://[::1]:5222')
  assert.equal(moved('xmpp://a:1', '[::1]:5299'), 'xmpp://[::1]:5299')
})

test('what is no host is none, whatever a server says', () => {
  for (const host of [
    '',
    ' ',
    'b:0:1',
    '::1',
    '[::1',
    '[:::]',
    'b/c',
    'a@b',
    'b?c',
    'b:99999',
    'b|c',
    'b^c',
    'x'.repeat(300),
  ])
    assert.equal(moved('xmpp://a:1', host), undefined, host)
  assert.equal(moved('wss://a/xmpp', 'b.example'), undefined)
})
