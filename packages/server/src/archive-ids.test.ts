import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ArchiveIds } from './archive-ids.ts'

const start = Date.UTC(2026, 0, 1)

test('ids grow, and say when they were made', () => {
  let now = start
  const source = new ArchiveIds(() => now, 0)
  const first = source.next()
  assert.equal(source.timeOf(first), start)
  assert.equal(source.next(), first + 1)
  now += 5
  const later = source.next()
  assert.ok(later > first + 1)
  assert.equal(source.timeOf(later), start + 5)
})

test('ids grow when the clock goes back, and more of them are needed than a millisecond has', () => {
  let now = start
  const source = new ArchiveIds(() => now, 0)
  let last = source.next()
  for (let i = 0; i < 10_000; i++) {
    if (i === 5000) now -= 3_600_000
    const next = source.next()
    assert.ok(next > last && source.timeOf(next) >= source.timeOf(last))
    last = next
  }
  assert.ok(source.timeOf(last) - start < 5)
})

test('ids begin above those of the storage', () => {
  const future = new ArchiveIds(() => start + 86_400_000, 0).next()
  assert.equal(new ArchiveIds(() => start, future).next(), future + 1)
})

test('ids stay safe integers for as long as anybody will run this', () => {
  assert.ok(Number.isSafeInteger(new ArchiveIds(() => Date.UTC(2089, 0, 1), 0).next()))
})
