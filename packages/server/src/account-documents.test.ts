import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DocumentStore } from '@rookery/storage'
import { createMemoryStorage } from '@rookery/storage/memory'
import { AccountDocuments, type DocumentForm } from './account-documents.ts'

type Words = readonly string[]
const none: Words = []
const form: DocumentForm<Words> = {
  key: 'words',
  empty: none,
  parse: (text) => text.split(' '),
  print: (words) => words.join(' '),
}

/** A store that counts what is asked of it, and fails when told to. */
async function setUp() {
  const storage = createMemoryStorage()
  await storage.open()
  const { documents } = storage.host('localhost')
  const asked: string[] = []
  const broken = new Set<string>()
  const note = (what: string): void => {
    asked.push(what)
    if (broken.has(what)) throw new Error(`cannot ${what}`)
  }
  const store: DocumentStore = {
    get: async (local: string, key: string) => {
      note('get')
      return documents.get(local, key)
    },
    put: async (local: string, key: string, text: string) => {
      note('put')
      return documents.put(local, key, text)
    },
    remove: async (local: string, key: string) => {
      note('remove')
      return documents.remove(local, key)
    },
    list: (local) => documents.list(local),
  }
  return { documents, asked, broken, words: new AccountDocuments(store, form) }
}

const add =
  (word: string) =>
  (words: Words): Words => [...words, word]

test('reads a document once, however many ask for it', async () => {
  const { documents, asked, words } = await setUp()
  await documents.put('juliet', 'words', 'wherefore art thou')
  const [one, other] = await Promise.all([words.of('juliet'), words.of('juliet')])
  assert.deepEqual(one, ['wherefore', 'art', 'thou'])
  assert.equal(other, one)
  assert.equal(words.of('juliet'), one, 'at once')
  assert.equal(await words.of('romeo'), none)
  assert.deepEqual(asked, ['get', 'get'])
})

test('changes one after the other, each from what the one before has made, and says what was there', async () => {
  const { documents, words } = await setUp()
  const befores = await Promise.all(['a', 'b', 'c'].map((word) => words.change('juliet', add(word))))
  assert.deepEqual(befores, [[], ['a'], ['a', 'b']])
  assert.equal(await documents.get('juliet', 'words'), 'a b c')
})

test('writes nothing for the same value, and keeps no document for the empty one', async () => {
  const { documents, asked, words } = await setUp()
  await words.change('juliet', add('a'))
  await words.change('juliet', (same) => same)
  await words.change('juliet', () => none)
  assert.deepEqual(asked, ['get', 'put', 'remove'])
  assert.equal(await documents.get('juliet', 'words'), undefined)
  assert.equal(words.of('juliet'), none)
})

test('calls in between when a change is durable and not yet used', async () => {
  const { documents, words } = await setUp()
  await words.change('juliet', add('a'))
  const seen: unknown[] = []
  await words.change('juliet', add('b'), async (value, before) => {
    seen.push(value, before, await documents.get('juliet', 'words'), await words.of('juliet'))
    return undefined
  })
  assert.deepEqual(seen, [['a', 'b'], ['a'], 'a b', ['a']])
  assert.deepEqual(await words.of('juliet'), ['a', 'b'])
})

test('a change that fails changes nothing, and holds up none of the next', async () => {
  const { broken, words } = await setUp()
  await words.change('juliet', add('a'))
  broken.add('put')
  const failing = words.change('juliet', add('b'))
  const refused = words.change('juliet', () => {
    throw new RangeError('too many')
  })
  await Promise.all([assert.rejects(failing, /cannot put/), assert.rejects(refused, /too many/)])
  broken.clear()
  await words.change('juliet', add('c'))
  assert.deepEqual(await words.of('juliet'), ['a', 'c'])
})

test('a change of which nobody knows whether it was written is looked up', async () => {
  const { documents, words } = await setUp()
  await words.change('juliet', add('a'))
  const failing = words.change('juliet', add('b'), () => Promise.reject(new Error('nobody was told')))
  await assert.rejects(failing, /nobody was told/)
  assert.equal(await documents.get('juliet', 'words'), 'a b')
  assert.deepEqual(await words.of('juliet'), ['a', 'b'])
})

test('a document that could not be read is asked for again', async () => {
  const { broken, words } = await setUp()
  broken.add('get')
  await assert.rejects(async () => words.of('juliet'), /cannot get/)
  broken.clear()
  assert.equal(await words.of('juliet'), none)
})

test('an account that is gone leaves nothing to the next of its name [S52]', async () => {
  const { documents, words } = await setUp()
  await documents.put('juliet', 'words', 'old')
  const reading = words.of('juliet')
  const changing = words.change('juliet', add('new'))
  await words.forget('juliet')
  await documents.remove('juliet', 'words')
  assert.deepEqual([await reading, await changing], [['old'], ['old']])
  assert.equal(await words.of('juliet'), none)
})
