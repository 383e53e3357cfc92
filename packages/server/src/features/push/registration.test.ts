import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jid } from '@rookery/protocol/jid'
import { added, meant, none, publisherFor, type Registration, registrationsForm, removed } from './registration.ts'

const service = jid('push.theatre.example')
const at = (node: string, more: Partial<Registration> = {}): Registration => ({
  service,
  node,
  options: undefined,
  resource: 'phone',
  ...more,
})

test('the latest request for a service and node counts [XEP-0357 5]', () => {
  const list = added(added(none, at('a'), 20), at('b'), 20)
  const again = added(list, at('a', { options: '<x/>' }), 20)
  assert.deepEqual(
    again.map(({ node, options }) => [node, options]),
    [
      ['b', undefined],
      ['a', '<x/>'],
    ],
  )
  assert.equal(added(again, at('a', { options: '<x/>' }), 20), again) // nothing to write
})

test('the oldest makes room', () => {
  let list = none
  for (let i = 0; i < 10_000; i++) list = added(list, at(String(i)), 3)
  assert.deepEqual(
    list.map(({ node }) => node),
    ['9997', '9998', '9999'],
  )
})

test('one node is removed, or all of a service [XEP-0357 6]', () => {
  const list = [at('a'), at('b'), at('c', { service: jid('other.example') })]
  assert.equal(removed(list, meant(service, 'a')).length, 2)
  assert.deepEqual(removed(list, meant(service, undefined)), [list[2]])
  assert.equal(removed(list, meant(service, 'x')), list)
  assert.equal(removed([at('a')], meant(service, 'a')), none)
})

test('is read as it was written, whatever its texts are', () => {
  const list = [at('\u{1f600} "\n'), at('b', { node: undefined, options: "<x a='\u00c3'/>" })]
  const read = registrationsForm.parse(registrationsForm.print(list))
  assert.deepEqual(
    read.map((one) => ({ ...one, service: one.service.toString(), node: one.node })),
    list.map((one) => ({ ...one, service: one.service.toString() })),
  )
})

test('the name of the server is lent to strangers alone (S104)', () => {
  const host = jid('capulet.example')
  const account = jid('juliet@capulet.example')
  const by = (to: string) => publisherFor(jid(to), account, host).toString()
  assert.equal(by('push.theatre.example'), 'capulet.example')
  assert.equal(by('notcapulet.example'), 'capulet.example')
  for (const to of ['capulet.example', 'pubsub.capulet.example', 'tybalt@verona.example', 'nurse@capulet.example/x'])
    assert.equal(by(to), 'juliet@capulet.example', to)
})
