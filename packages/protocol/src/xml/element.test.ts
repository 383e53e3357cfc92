import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Element, el, sameElement } from './index.ts'

const message = el('message', 'jabber:client', { to: 'a', id: undefined, type: 'chat' }, [
  'x',
  undefined,
  el('body', 'jabber:client', {}, 'one'),
  'y',
  el('body', 'urn:other', {}, 'two'),
  el('body', 'jabber:client', {}, 'three'),
])

test('finds attributes and children', () => {
  assert.equal(message.attr('to'), 'a')
  assert.equal(message.attr('id'), undefined)
  assert.equal(message.childText('body'), 'one')
  assert.equal(message.childText('body', 'urn:other'), 'two')
  assert.equal(message.child('subject'), undefined)
  assert.equal(message.text(), 'xy')
  assert.equal(message.firstElement(), message.childElements()[0])
  assert.equal(message.childElements().length, 3)
  assert.equal(el('a', '').firstElement(), undefined)
})

test('changes attributes on a new top node that shares its children', () => {
  const source = new Element('iq', 'jabber:client', ['id', '1', 'to', 'a'], ['x'], 'x')
  const changed = source.with({ to: undefined, id: '2', from: 'b' })
  assert.deepEqual(changed.attributes, ['id', '2', 'from', 'b'])
  assert.equal(changed.children, source.children)
  assert.equal(changed.inner, 'x')
  assert.deepEqual(source.attributes, ['id', '1', 'to', 'a'])
})

test('drops the inner content with the children', () => {
  const source = new Element('iq', 'jabber:client', ['id', '1'], ['x'], 'x')
  const changed = source.withChildren(['y'])
  assert.equal(changed.inner, undefined)
  assert.deepEqual(changed.children, ['y'])
  assert.equal(changed.attributes, source.attributes)
})

test('compares as information', () => {
  const a = el('a', 'urn:a', { x: '1', y: '2' }, ['t', 'u', el('b', '')])
  assert.ok(sameElement(a, el('a', 'urn:a', { y: '2', x: '1' }, ['tu', '', el('b', '')])))
  assert.ok(!sameElement(a, el('a', 'urn:a', { y: '2' }, ['tu', el('b', '')])))
  assert.ok(!sameElement(a, el('a', 'urn:a', { y: '2', x: '3' }, ['tu', el('b', '')])))
  assert.ok(!sameElement(a, el('a', 'urn:a', { y: '2', x: '1' }, ['t', el('b', ''), 'u'])))
  assert.ok(!sameElement(a, el('a', 'urn:a', { y: '2', x: '1' }, ['tu', el('b', 'urn:b')])))
  assert.ok(!sameElement(a, el('a', 'urn:b', { y: '2', x: '1' }, ['tu', el('b', '')])))
})
