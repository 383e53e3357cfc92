/** Random operations on archives, with restarts and failures between them: SQLite answers what the memory driver answers. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { test } from 'node:test'
import type { ArchiveFilter, HostStorage } from '../contracts.ts'
import { createMemoryStorage } from '../memory/index.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { createSqliteStorage } from './index.ts'

const LOCALS = ['romeo', 'juliet', 'nurse']
const PEERS = ['a@x', 'b@x', 'c@x']
const WORDS = ['soft', 'light', 'window', 'breaks']

type Call = (host: HostStorage) => Promise<unknown>

/** A small generator of numbers that follow from a seed. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

for (const [seed, archiveTail] of [
  [1, 1],
  [2, 7],
  [3, 150],
  [4, 300],
  [5, 100_000],
] as const) {
  test(`does what the memory driver does (seed ${seed}, ${archiveTail} in memory)`, async (t) => {
    const folder = await temporaryFolder()
    t.after(() => rm(folder, { recursive: true }))
    const sqlite = createSqliteStorage({ folder, archiveTail })
    const memory = createMemoryStorage()
    t.after(() => sqlite.close())
    await Promise.all([sqlite.open(), memory.open()])
    const random = numbersFrom(seed)
    const pick = <T>(of: readonly T[]): T => of[random(of.length)]!
    let id = 0

    const filter = (): ArchiveFilter => ({
      ...(random(3) === 0 ? { peer: pick([...PEERS, 'a@x/0', 'b@x/1']) } : {}),
      ...(random(4) === 0 ? { start: random(id * 2 + 2) } : {}),
      ...(random(4) === 0 ? { end: random(id * 2 + 2) } : {}),
      ...(random(4) === 0 ? { after: random(id + 2) } : {}),
      ...(random(4) === 0 ? { before: random(id + 2) } : {}),
      ...(random(8) === 0 ? { ids: Array.from({ length: 20 }, () => random(id + 2)) } : {}),
      ...(random(4) === 0 ? { words: [pick(WORDS), pick(WORDS)] } : {}),
    })
    const stanza = (): string =>
      `<message id='n${random(30)}' to='${pick(PEERS)}/${random(2)}' from='${pick(PEERS)}/${random(2)}'><body>${pick(WORDS)} ${pick(WORDS)}</body></message>`
    const appending = (): Call => {
      const isInvalid = random(50) === 0
      const message = {
        id: isInvalid ? id : ++id,
        at: id * 2 - random(2),
        peer: pick(PEERS),
        isOut: random(2) === 0,
        stanza: stanza(),
        ...(random(2) === 0 ? { origin: `o${random(400)}` } : {}),
      }
      const local = pick(LOCALS)
      return ({ archive }) => archive.append(local, message)
    }
    const asking = (): Call => {
      const local = pick(LOCALS)
      const [by, one, name] = [filter(), random(id + 2), random(2) === 0 ? `o${random(400)}` : `n${random(30)}`]
      const options = { limit: random(20), fromEnd: random(2) === 0, skip: random(3) === 0 ? random(10) : 0 }
      const [peer, isOut, text] = [pick(PEERS), random(2) === 0, stanza()]
      const [olderThan, bytes, limit] = [random(id), random(20_000), random(30)]
      return pick<Call>([
        ({ archive }) => archive.page(local, by, options),
        ({ archive }) => archive.page(local, by, options),
        ({ archive }) => archive.count(local, by),
        ({ archive }) => archive.count(local, {}),
        ({ archive }) => archive.has(local, one),
        ({ archive }) => archive.find(local, peer, isOut, name),
        ({ archive }) => archive.find(local, peer, isOut, name),
        ({ archive }) => archive.replace(local, one, text),
        ({ archive }) => archive.bounds(local),
        ({ archive }) => archive.lastId(),
        ({ archive }) => archive.trim({ olderThan }, limit),
        ...(limit < 3 ? [({ archive }: HostStorage) => archive.trim({ bytes: 1000 }, 1000)] : []),
        ...(limit < 10 ? [({ archive }: HostStorage) => archive.trim({ bytes: 20_000 + bytes }, limit * 3)] : []),
        ...(limit === 0 ? [({ accounts }: HostStorage) => accounts.remove(local)] : []),
      ])
    }

    for (let round = 0; round < 150; round++) {
      // Where a search is read into the index meanwhile, later writes may be seen: so nothing is called at once with it but appends.
      const calls = Array.from({ length: 1 + random(25) }, appending)
      calls.push(asking())
      const [answers, expected] = await Promise.all(
        [sqlite, memory].map((storage) => Promise.allSettled(calls.map((call) => call(storage.host('example.org'))))),
      )
      for (const [i, answer] of answers!.entries()) {
        const other = expected![i]!
        if (answer.status === 'rejected' || other.status === 'rejected') assert.equal(answer.status, other.status)
        else assert.deepEqual(answer.value, other.value, `round ${round}: ${calls[i]}`)
      }
      if (round % 13 === 12) {
        await sqlite.close()
        await sqlite.open()
      }
    }
  })
}
