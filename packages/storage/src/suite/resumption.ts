/** The compliance suite of resumable sessions. */
import assert from 'node:assert/strict'
import type { StoredSession } from '../contracts.ts'
import { type It, WIRE } from './case.ts'

export function session(id: string, local: string, rest: Partial<StoredSession> = {}): StoredSession {
  return {
    id,
    local,
    resource: 'balcony',
    handled: 0,
    acknowledged: 0,
    until: 1_700_000_000_000,
    state: '',
    reached: 0,
    ...rest,
  }
}

const of = (id: string) => ({ id, local: 'romeo' })

export function resumption(it: It): void {
  it('gives a session back as it was put, and as it was put again', async ({ resumption }) => {
    assert.equal(await resumption.get('a'), undefined)
    const first = session('a', 'romeo', { handled: 2 ** 32 - 1, acknowledged: 2 ** 40, state: WIRE })
    await resumption.put(first)
    assert.deepEqual(await resumption.get('a'), first)
    const second = session('a', 'juliet', { resource: '', until: 5, state: '{"ä€😀":"\0"}' })
    await resumption.put(second)
    assert.deepEqual(await resumption.get('a'), second)
    assert.deepEqual(await resumption.list({ limit: 9 }), [second])
  })

  it('keeps ids apart that differ in anything', async ({ resumption }) => {
    const ids = ['', 'a', 'A', 'a ', 'ä', 'a\u0308', "a' OR '1'='1", 'a\0', 'a\0b', '%']
    for (const [i, id] of ids.entries()) await resumption.put(session(id, 'romeo', { handled: i }))
    for (const [i, id] of ids.entries()) assert.equal((await resumption.get(id))?.handled, i)
    await resumption.remove('a')
    assert.equal((await resumption.list({ limit: 99 })).length, ids.length - 1)
  })

  it('remembers what was handled', async ({ resumption }) => {
    await resumption.put(session('a', 'romeo', { state: 'x' }))
    await resumption.setHandled('a', 2 ** 32 - 1)
    assert.deepEqual(await resumption.get('a'), session('a', 'romeo', { handled: 2 ** 32 - 1, state: 'x' }))
    await resumption.setHandled('a', 0)
    assert.equal((await resumption.get('a'))?.handled, 0)
  })

  it('remembers how far clients of an account have come, and nothing less', async ({ resumption }) => {
    assert.equal(await resumption.reached('romeo'), 0)
    await resumption.put(session('a', 'romeo', { reached: 5 }))
    await resumption.put(session('b', 'romeo'))
    await resumption.put(session('c', 'juliet', { reached: 2 ** 50 }))
    assert.equal(await resumption.reached('romeo'), 5)
    await resumption.setReached('b', 7)
    await resumption.setReached('b', 6)
    await resumption.setReached('d', 9)
    assert.equal(await resumption.reached('romeo'), 7)
    await resumption.put(session('b', 'romeo', { reached: 3, handled: 1 }))
    assert.deepEqual(await resumption.get('b'), session('b', 'romeo', { reached: 7, handled: 1 }))
    await resumption.remove('b')
    assert.equal(await resumption.reached('romeo'), 5)
    assert.equal(await resumption.reached('juliet'), 2 ** 50)
  })

  it('gives the queue in the order of its numbers, page by page', async ({ resumption }) => {
    const stanzas = ['<a/>', WIRE, '<c>\0</c>', 'ä€😀', ''].map((stanza, i) => ({
      seq: i + 1,
      at: i,
      id: i * 2 ** 50,
      isTaken: i % 2 === 1,
      stanza,
    }))
    await resumption.put(session('a', 'romeo'))
    await resumption.enqueue('a', [stanzas[3]!, stanzas[1]!])
    await resumption.enqueue('a', [])
    await resumption.enqueue('a', [stanzas[0]!, stanzas[4]!, stanzas[2]!])
    assert.deepEqual(await resumption.queue('a', 0, Number.POSITIVE_INFINITY), stanzas)
    assert.deepEqual(await resumption.queue('a', 0, 2), stanzas.slice(0, 2))
    assert.deepEqual(await resumption.queue('a', 2, 2), stanzas.slice(2, 4))
    assert.deepEqual(await resumption.queue('a', 5, 2), [])
    assert.deepEqual(await resumption.queue('a', 0, 0), [])
    assert.deepEqual(await resumption.queue('b', 0, 2), [])
  })

  it('removes what is acknowledged, and takes nothing before it any more', async ({ resumption }) => {
    const stanza = (seq: number) => ({ seq, at: 1, id: 0, isTaken: false, stanza: `<m${seq}/>` })
    await resumption.put(session('a', 'romeo'))
    await resumption.enqueue('a', [1, 2, 3, 4].map(stanza))
    await resumption.acknowledge(of('a'), 2)
    assert.equal((await resumption.get('a'))?.acknowledged, 2)
    await resumption.acknowledge(of('a'), 1)
    assert.equal((await resumption.get('a'))?.acknowledged, 2)
    await resumption.enqueue('a', [2, 3, 5].map(stanza))
    assert.deepEqual(await resumption.queue('a', 0, 9), [3, 4, 5].map(stanza))
    await resumption.acknowledge(of('a'), 2 ** 40)
    assert.deepEqual(await resumption.queue('a', 0, 9), [])
    assert.equal((await resumption.get('a'))?.acknowledged, 2 ** 40)
    await resumption.enqueue('a', [stanza(2 ** 40 + 1)])
    assert.deepEqual(await resumption.queue('a', 2 ** 40, 9), [stanza(2 ** 40 + 1)])
    await resumption.put(session('a', 'romeo', { acknowledged: 2 ** 40 + 1 }))
    assert.deepEqual(await resumption.queue('a', 0, 9), [])
  })

  it('replaces what waits under the same number', async ({ resumption }) => {
    await resumption.put(session('a', 'romeo'))
    await resumption.enqueue('a', [{ seq: 1, at: 1, id: 0, isTaken: false, stanza: '<a/>' }])
    await resumption.enqueue('a', [{ seq: 1, at: 2, id: 0, isTaken: false, stanza: '<b/>' }])
    assert.deepEqual(await resumption.queue('a', 0, 9), [{ seq: 1, at: 2, id: 0, isTaken: false, stanza: '<b/>' }])
  })

  it('keeps the queue of a session that is put again', async ({ resumption }) => {
    await resumption.put(session('a', 'romeo'))
    await resumption.enqueue('a', [{ seq: 7, at: 1, id: 0, isTaken: false, stanza: '<a/>' }])
    await resumption.put(session('a', 'romeo', { state: 'detached' }))
    assert.equal((await resumption.queue('a', 0, 9)).length, 1)
  })

  it('removes the end of a queue', async ({ resumption }) => {
    const stanza = (seq: number) => ({ seq, at: 1, id: 0, isTaken: false, stanza: `<m${seq}/>` })
    const later = 2 ** 48
    await resumption.put(session('a', 'romeo'))
    await resumption.enqueue('a', [1, 2, later, later + 1].map(stanza))
    await resumption.removeFrom('a', later)
    await resumption.removeFrom('b', 0)
    assert.deepEqual(await resumption.queue('a', 0, 9), [1, 2].map(stanza))
  })

  it('marks in other queues what a client of the account has taken', async ({ resumption }) => {
    const stanza = (seq: number, id: number) => ({ seq, at: 1, id, isTaken: false, stanza: '<m/>' })
    for (const id of ['a', 'b']) {
      await resumption.put(session(id, 'romeo'))
      await resumption.enqueue(id, [stanza(1, 0), stanza(2, 7), stanza(3, 8)])
    }
    await resumption.acknowledge(of('a'), 2, [0, 7])
    const taken = async (id: string) => (await resumption.queue(id, 0, 9)).map(({ isTaken }) => isTaken)
    assert.deepEqual([await taken('a'), await taken('b')], [[false], [false, true, false]])
    await resumption.put(session('a', 'romeo', { acknowledged: 3 }), [8])
    assert.deepEqual([await taken('a'), await taken('b')], [[], [false, true, true]])
  })

  it('does nothing for a session that is not there', async ({ resumption }) => {
    await resumption.setHandled('a', 1)
    await resumption.acknowledge(of('a'), 1)
    await resumption.enqueue('a', [{ seq: 1, at: 1, id: 0, isTaken: false, stanza: '<a/>' }])
    await resumption.remove('a')
    assert.equal(await resumption.get('a'), undefined)
    await resumption.put(session('a', 'romeo'))
    assert.deepEqual(await resumption.queue('a', 0, 9), [])
    assert.deepEqual(await resumption.get('a'), session('a', 'romeo'))
  })

  it('removes a session with its queue, and no other', async ({ resumption }) => {
    for (const id of ['a', 'b']) {
      await resumption.put(session(id, 'romeo'))
      await resumption.enqueue(id, [{ seq: 1, at: 1, id: 0, isTaken: false, stanza: '<a/>' }])
    }
    await resumption.remove('a')
    assert.equal(await resumption.get('a'), undefined)
    assert.deepEqual(await resumption.queue('a', 0, 9), [])
    await resumption.put(session('a', 'juliet'))
    assert.deepEqual(await resumption.queue('a', 0, 9), [])
    assert.equal((await resumption.queue('b', 0, 9)).length, 1)
  })

  it('lists sessions in code point order, page by page', async ({ resumption }) => {
    const ids = ['', 'Z', 'a', 'aa', 'b', 'ä', '\uff5e', '\u{1f600}']
    for (const id of ids.toReversed()) await resumption.put(session(id, 'romeo'))
    const listed = async (options: { after?: string; limit: number }) =>
      (await resumption.list(options)).map(({ id }) => id)
    assert.deepEqual(await listed({ limit: Number.POSITIVE_INFINITY }), ids)
    assert.deepEqual(await listed({ limit: 3 }), ids.slice(0, 3))
    assert.deepEqual(await listed({ after: '', limit: 2 }), ids.slice(1, 3))
    assert.deepEqual(await listed({ after: 'aaa', limit: 99 }), ids.slice(4))
    assert.deepEqual(await listed({ limit: 0 }), [])
  })

  it('keeps the sessions of hosts apart, even under the same id', async ({ resumption }, storage) => {
    const other = storage.host('example.net').resumption
    await resumption.put(session('a', 'romeo'))
    await resumption.enqueue('a', [{ seq: 1, at: 1, id: 0, isTaken: false, stanza: '<a/>' }])
    assert.equal(await other.get('a'), undefined)
    assert.deepEqual(await other.list({ limit: 9 }), [])
    await other.setHandled('a', 5)
    await other.acknowledge(of('a'), 1)
    await other.remove('a')
    await other.put(session('a', 'juliet'))
    assert.deepEqual(await other.queue('a', 0, 9), [])
    assert.deepEqual(await resumption.get('a'), session('a', 'romeo'))
    assert.equal((await resumption.queue('a', 0, 9)).length, 1)
  })

  it('takes what is asked in one tick in its order', async ({ resumption }) => {
    const answers = await Promise.all([
      resumption.put(session('a', 'romeo')),
      resumption.enqueue(
        'a',
        [1, 2, 3].map((seq) => ({ seq, at: 1, id: 0, isTaken: false, stanza: `<m${seq}/>` })),
      ),
      resumption.acknowledge(of('a'), 1),
      resumption.queue('a', 0, 9),
      resumption.setHandled('a', 8),
      resumption.get('a'),
      resumption.remove('a'),
      resumption.get('a'),
    ])
    assert.deepEqual(
      answers[3].map(({ seq }) => seq),
      [2, 3],
    )
    assert.deepEqual(answers[5], session('a', 'romeo', { handled: 8, acknowledged: 1 }))
    assert.equal(answers[7], undefined)
  })

  it('lets nobody change a stanza from outside', async ({ resumption }) => {
    const stanza = { seq: 1, at: 1, id: 0, isTaken: false, stanza: '<a/>' }
    await resumption.put(session('a', 'romeo'))
    const enqueued = resumption.enqueue('a', [stanza])
    stanza.stanza = '<forged/>'
    await enqueued
    Object.assign((await resumption.queue('a', 0, 9))[0]!, { at: 9 })
    assert.deepEqual(await resumption.queue('a', 0, 9), [{ seq: 1, at: 1, id: 0, isTaken: false, stanza: '<a/>' }])
  })
}
