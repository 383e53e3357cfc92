import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OpenStore, Store } from '../contract/store.ts'
import { memoryStore } from './memory.ts'

const account = 'romeo@example.org'
const open = (store: OpenStore, of = account): Store => store(of) as Store

test('what was written is there for the next client of the account, in the order of keys', () => {
  const store = memoryStore()
  const one = open(store)
  one.write([
    ['b', '1'],
    ['a', '2'],
    ['out/00', '3'],
  ])
  one.write([
    ['b', undefined],
    ['a', '4'],
  ])
  one.close()
  assert.deepEqual(open(store).read(), [
    ['a', '4'],
    ['out/00', '3'],
  ])
  assert.deepEqual(open(store, 'juliet@example.org').read(), [])
})

test('two clients at a time do not share a table', () => {
  const store = memoryStore()
  const one = open(store)
  const other = open(store)
  one.write([['a', 'one']])
  other.write([['a', 'other']])
  assert.deepEqual(one.read(), [['a', 'one']])
  assert.deepEqual(other.read(), [['a', 'other']])
})

test('messages that others have left behind are taken over, behind the own ones, and nothing else is', () => {
  const store = memoryStore()
  const [one, two, three] = [open(store), open(store), open(store)]
  one.write([['out/000000000008', 'own']])
  two.write([
    ['out/000000000003', '{"wire":"first","n":4}'],
    ['out/000000000011', 'second'],
    ['session', 'of no use'],
  ])
  three.write([['out/000000000001', 'still at work']])
  two.close()
  one.close()
  const next = open(store)
  assert.deepEqual(next.read(), [
    ['out/000000000008', 'own'],
    ['out/000000000009', '{"wire":"first","n":4}'],
    ['out/000000000010', 'second'],
  ])
  assert.deepEqual(open(store).read(), [])
  assert.deepEqual(three.read(), [['out/000000000001', 'still at work']])
})
