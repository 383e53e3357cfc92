import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryStorage } from '@rookery/storage/memory'
import { Names } from './names.ts'

const key = Buffer.alloc(16, 7)

test('a name leads back to its id, and neighbours look nothing alike', () => {
  const names = new Names(key)
  const beginnings = new Set<string>()
  for (let i = 0; i < 1000; i++) {
    const id = 776_000_000_000_000 + i
    const name = names.nameOf(id)
    assert.equal(names.idOf(name), id)
    beginnings.add(name.slice(0, 4))
  }
  assert.ok(beginnings.size > 990)
  assert.equal(names.idOf(names.nameOf(Number.MAX_SAFE_INTEGER)), Number.MAX_SAFE_INTEGER)
})

test('what is not a name made here has no id', () => {
  const names = new Names(key)
  const name = names.nameOf(776_000_000_000_000)
  const others = new Names(Buffer.alloc(16, 8)).nameOf(776_000_000_000_000)
  const bent = name.slice(0, -1) + (name.endsWith('A') ? 'B' : 'A')
  const wrong = ['', '0', "1' OR '1'='1", name.toUpperCase(), ` ${name}`, `${name}=`, name.slice(1), bent, others]
  for (const text of [
    ...wrong,
    'x'.repeat(1_000_000),
    `${name.slice(0, 21)}ä`,
    names.nameOf(0),
    names.nameOf(-5),
    names.nameOf(0.5),
  ])
    assert.equal(names.idOf(text), undefined, text.slice(0, 40))
})

test('names stay what they are over a restart, and differ between hosts', async () => {
  const storage = createMemoryStorage()
  await storage.open()
  const one = await Names.open(storage.host('one.example').documents)
  const again = await Names.open(storage.host('one.example').documents)
  const other = await Names.open(storage.host('two.example').documents)
  assert.equal(one.nameOf(5), again.nameOf(5))
  assert.notEqual(one.nameOf(5), other.nameOf(5))
})
