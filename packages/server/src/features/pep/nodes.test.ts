/** What a crash leaves between two writes, and what storage that fails leaves. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StanzaError } from '@rookery/protocol/stanza'
import { el } from '@rookery/protocol/xml'
import type { DocumentStore } from '@rookery/storage'
import { createMemoryStorage } from '@rookery/storage/memory'
import type { NodeConfig } from '../../services/pep.ts'
import { itemKey, nodeKey, survey } from './keys.ts'
import { Nodes } from './nodes.ts'

const config: NodeConfig = { persist: true, maxItems: 'max', sendLast: 'never' }
const everything = new Set<string>()

async function setUp(wrap: (documents: DocumentStore) => DocumentStore = (documents) => documents) {
  const storage = createMemoryStorage()
  await storage.open()
  const { documents } = storage.host('localhost')
  const clock = {
    now: () => 1000, // it stands still
    monotonic: () => 0,
    after: () => ({ [Symbol.dispose]: () => {} }),
  }
  const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  const bounds = { nodes: 10, items: 10, itemBytes: 1000, bytes: 10_000 }
  const nodes = new Nodes(wrap(documents), clock, silent, bounds)
  const publish = (id: string, text: string) =>
    nodes.publish('juliet', 'n', { id, payload: el('v', 'urn:x', {}, text) }, (present) => present ?? config)
  const texts = async (): Promise<string[]> => {
    const found = await nodes.items('juliet', 'n', everything, 100)
    assert.ok(!(found instanceof StanzaError))
    return found.map(({ payload }) => payload.text())
  }
  const keys = async (): Promise<string[]> => (await documents.list('juliet')).map(({ key }) => key)
  return { documents, nodes, publish, texts, keys }
}

test('an item whose older version was not removed yet is there once, and the old one never comes back', async () => {
  const { documents, nodes, publish, texts, keys } = await setUp()
  await publish('a', 'new')
  await documents.put('juliet', itemKey('n', 5, 'a'), "<v xmlns='urn:x'>old</v>")
  assert.deepEqual(await texts(), ['new'])
  await nodes.retract('juliet', 'n', 'a')
  assert.deepEqual(await keys(), [nodeKey('n')])
})

test('a publication clears away what was left over', async () => {
  const { documents, nodes, publish, texts, keys } = await setUp()
  await publish('a', 'new')
  await documents.put('juliet', itemKey('n', 5, 'a'), "<v xmlns='urn:x'>old</v>")
  await documents.put('juliet', itemKey('gone', 5, 'a'), "<v xmlns='urn:x'>orphan</v>")
  await publish('b', 'other')
  await nodes.settled('juliet')
  assert.deepEqual(await texts(), ['new', 'other'])
  assert.equal((await keys()).length, 3)
})

test('items of a node that was deleted do not come back with its name', async () => {
  const { documents, publish, texts } = await setUp()
  await documents.put('juliet', itemKey('n', 5, 'a'), "<v xmlns='urn:x'>deleted</v>")
  await publish('b', 'new')
  assert.deepEqual(await texts(), ['new'])
})

test('a publication that storage does not take leaves the item as it was, and the next one its turn', async () => {
  let isBroken = false
  const { publish, texts } = await setUp((documents) => ({
    get: (owner, key) => documents.get(owner, key),
    list: (owner) => documents.list(owner),
    remove: (owner, key) => documents.remove(owner, key),
    put: (owner, key, value) => (isBroken ? Promise.reject(new Error('full')) : documents.put(owner, key, value)),
  }))
  await publish('a', '1')
  isBroken = true
  await assert.rejects(publish('a', '2'), /full/)
  assert.deepEqual(await texts(), ['1'])
  isBroken = false
  await publish('a', '3')
  assert.deepEqual(await texts(), ['3'])
})

test('what is replaced is kept until the new one is durable', async () => {
  const steps: string[] = []
  const { nodes, publish } = await setUp((documents) => ({
    get: (owner, key) => documents.get(owner, key),
    list: (owner) => documents.list(owner),
    async remove(owner, key) {
      steps.push('remove')
      return documents.remove(owner, key)
    },
    async put(owner, key, value) {
      await documents.put(owner, key, value)
      steps.push('durable')
    },
  }))
  await publish('a', '1')
  steps.length = 0
  await publish('a', '2')
  await nodes.settled('juliet')
  assert.deepEqual(steps, ['durable', 'remove'])
})

test('a clock that stands still or goes back does not change the order', async () => {
  const documents = ['c', 'a', 'b'].map((id, index) => ({ key: itemKey('n', 7 + index, id), bytes: 1 }))
  const { nodes } = survey([...documents, { key: nodeKey('n'), bytes: 1 }, { key: 'private:x', bytes: 9 }])
  assert.deepEqual(
    nodes.get('n')?.items.map(({ id }) => id),
    ['c', 'a', 'b'],
  )
  const { nodes: store, texts } = await setUp()
  const payload = (text: string) => el('v', 'urn:x', {}, text)
  await store.publish('juliet', 'n', { id: 'z', payload: payload('1') }, () => config)
  await store.publish('juliet', 'n', { id: 'a', payload: payload('2') }, () => config)
  await store.publish('juliet', 'n', { id: 'm', payload: payload('3') }, () => config)
  assert.deepEqual(await texts(), ['1', '2', '3'])
})
