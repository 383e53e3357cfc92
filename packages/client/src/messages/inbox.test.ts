/** Loops over messages: what each of them gets, and when a message counts as read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Inbox } from './inbox.ts'
import type { ReceivedMessage } from './received-message.ts'

const all = (message: ReceivedMessage): string | undefined => message.id

/** An inbox, to which messages of a length come by their ids; and those that count as read. */
function filled(length = 100) {
  const inbox = new Inbox()
  const read: string[] = []
  const come = (...ids: string[]): void => {
    for (const id of ids) {
      const work = inbox.push({ id, element: { inner: 'x'.repeat(length) } } as unknown as ReceivedMessage, false)
      if (work === undefined) read.push(id)
      else void work.then(() => read.push(id))
    }
  }
  return { inbox, read, come }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('whoever asks for several at a time has read each when asking for as many more', async () => {
  const { inbox, read, come } = filled()
  const loop = inbox.read(all)
  const asked = [loop.next(), loop.next()]
  come('one', 'two', 'three', 'four')
  assert.deepEqual(
    (await Promise.all(asked)).map(({ value }) => value),
    ['one', 'two'],
  )
  await turn()
  assert.deepEqual(read, [])
  assert.equal((await loop.next()).value, 'three')
  await turn()
  assert.deepEqual(read, ['one'])
  assert.equal((await loop.next()).value, 'four')
  await loop.return?.()
  await new Promise((resolve) => setTimeout(resolve))
  assert.deepEqual(read, ['one', 'two', 'three', 'four'])
})

test('a message counts as read also where the next one was asked for before it came', async () => {
  const { inbox, read, come } = filled()
  const loop = inbox.read(all)
  const [first, second] = [loop.next(), loop.next()]
  come('one')
  assert.equal((await first).value, 'one')
  await turn()
  come('two')
  assert.equal((await second).value, 'two')
  void loop.next()
  await turn()
  assert.deepEqual(read, ['one'])
  void loop.next()
  await turn()
  assert.deepEqual(read, ['one', 'two'])
})

test('what comes between two loops is for the second, however long ago it was that the first began', async () => {
  const { inbox, read, come } = filled()
  come('one')
  for await (const id of inbox.read(all)) {
    assert.equal(id, 'one')
    inbox.release() // it is long ago that the client came online
    come('two')
    break
  }
  come('three')
  assert.ok(!read.includes('three'))
  const ids: string[] = []
  for await (const id of inbox.read(all)) if (ids.push(id) === 2) break
  assert.deepEqual(ids, ['two', 'three'])
})

test('what no loop wants is given up in time, and does not hold up what comes between two loops', async () => {
  const { inbox, read, come } = filled()
  const some = (message: ReceivedMessage): string | undefined => (message.id === 'odd' ? undefined : message.id)
  come('odd', 'one')
  const first = inbox.read(some)
  const second = inbox.read(all) // it begins a little later, and has what the first did not want
  assert.equal((await second.next()).value, 'odd')
  await second.return?.()
  assert.equal((await first.next()).value, 'one')
  await first.return?.()
  inbox.release()
  come('odd', 'two')
  await new Promise((resolve) => setTimeout(resolve))
  assert.deepEqual(read, ['odd', 'one'])
  assert.equal((await inbox.read(some).next()).value, 'two')
  await turn()
  assert.deepEqual(read, ['odd', 'one', 'odd'])
})

test('where nobody has ever read, or nobody does any more, nothing is waited for', async () => {
  const { inbox, read, come } = filled(1_200)
  come('one')
  inbox.release()
  come('two')
  await turn()
  assert.deepEqual(read, ['two', 'one'])
  await inbox.read(all).return?.()
  come(...Array.from({ length: 499 }, (_, at) => `${at}`))
  await turn()
  assert.equal(read.length, 2)
  come('the last', 'and later')
  assert.deepEqual(read.slice(2), ['and later'])
})

test('what nobody reads any more does not stop the client, however large it is', async () => {
  const { inbox, read, come } = filled(1_000_000)
  await inbox.read(all).return?.()
  come('one', 'two')
  await turn()
  assert.deepEqual(read, [])
  come('three')
  await turn()
  assert.deepEqual(read, ['one', 'two', 'three'])
})

test('a session that is ended and begun anew has its own time to begin to read', async () => {
  const { inbox, read, come } = filled()
  void inbox.read(all).next()
  inbox.release()
  inbox.close()
  come('one')
  assert.equal((await inbox.read(all).next()).value, 'one')
  assert.deepEqual(read, [])
})
