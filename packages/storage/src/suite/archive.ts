/** The compliance suite of archives. */
import assert from 'node:assert/strict'
import type { ArchiveEntry, ArchiveFilter, ArchiveStore, NewArchiveEntry } from '../contracts.ts'
import { archiveSearch } from './archive-search.ts'
import { type It, isStorageError, WIRE } from './case.ts'

export function message(id: number, rest: Partial<NewArchiveEntry> = {}): NewArchiveEntry {
  return { id, at: 1000 + id, peer: 'juliet@example.org', isOut: false, stanza: `<message id='m${id}'/>`, ...rest }
}

/** Without what is given to `append` alone. */
function entry(id: number, rest: Partial<NewArchiveEntry> = {}): ArchiveEntry {
  const { origin: _, ...entry } = message(id, rest)
  return entry
}

const ALL = { limit: Number.POSITIVE_INFINITY }

async function idsOf(archive: ArchiveStore, filter: ArchiveFilter = {}, local = 'romeo'): Promise<number[]> {
  return (await archive.page(local, filter, ALL)).entries.map(({ id }) => id)
}

/** Appends messages 1 to `count`. */
async function append(archive: ArchiveStore, count: number, of: (id: number) => Partial<NewArchiveEntry> = () => ({})) {
  const ids = Array.from({ length: count }, (_, i) => i + 1)
  await Promise.all(ids.map((id) => archive.append('romeo', message(id, of(id)))))
}

export function archives(it: It): void {
  keeping(it)
  pages(it)
  filters(it)
  archiveSearch(it)
  single(it)
  losing(it)
}

function keeping(it: It): void {
  it('gives messages back as they were appended', async ({ archive }) => {
    const stanzas = [
      '<message/>',
      WIRE,
      '<c>\0</c>',
      'real text ä€😀',
      '',
      "'); DROP TABLE archive; --",
      'x'.repeat(300_000),
    ]
    const peers = ['juliet@example.org', 'example.net', 'ä\u{1f600}@x', "' OR '1'='1", 'romeo@example.org', 'a\0b', '']
    const appended = stanzas.map((stanza, i) =>
      entry(i + 1, { stanza, peer: peers[i]!, isOut: i % 2 === 0, at: 1_700_000_000_000 + i }),
    )
    for (const one of appended) assert.equal(await archive.append('romeo', one), undefined)
    assert.deepEqual(await archive.page('romeo', {}, ALL), { entries: appended, isComplete: true })
    assert.deepEqual(await archive.page('juliet', {}, ALL), { entries: [], isComplete: true })
  })

  it('knows the greatest id ever given, over all hosts and removals', async ({ archive, accounts }, storage) => {
    const other = storage.host('example.net').archive
    assert.equal(await archive.lastId(), 0)
    await archive.append('romeo', message(7))
    await other.append('romeo', message(2 ** 52))
    assert.equal(await archive.lastId(), 2 ** 52)
    assert.equal(await other.trim({ olderThan: Number.POSITIVE_INFINITY }, 9), 1)
    await accounts.remove('romeo')
    assert.equal(await archive.lastId(), 2 ** 52)
    await storage.close()
    await storage.open()
    assert.equal(await archive.lastId(), 2 ** 52)
    await assert.rejects(archive.append('romeo', message(2 ** 52)), isStorageError('invalid'))
    await archive.append('romeo', message(2 ** 52 + 1))
  })

  it('refuses an id that does not grow, and keeps nothing of it', async ({ archive }, storage) => {
    await archive.append('romeo', message(10))
    for (const id of [10, 9, 1, 0, -1, 10.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      await assert.rejects(archive.append('romeo', message(id, { origin: 'o' })), isStorageError('invalid'))
      await assert.rejects(storage.host('example.net').archive.append('new', message(id)), isStorageError('invalid'))
    }
    assert.deepEqual(await idsOf(archive), [10])
    assert.equal(await archive.append('romeo', message(11, { origin: 'o' })), undefined)
    assert.deepEqual(await archive.bounds('romeo'), { first: { id: 10, at: 1010 }, last: { id: 11, at: 1011 } })
  })

  it('keeps once what has the same origin, and says where', async ({ archive }) => {
    const answers = await Promise.all(
      [1, 2, 3].map((id) => archive.append('romeo', message(id, { origin: 'o', stanza: `<m${id}/>` }))),
    )
    assert.deepEqual(answers, [undefined, 1, 1])
    assert.deepEqual((await archive.page('romeo', {}, ALL)).entries, [entry(1, { stanza: '<m1/>' })])
    assert.equal(await archive.lastId(), 1)
    assert.equal(await archive.append('romeo', message(4)), undefined)
    assert.equal(await archive.append('romeo', message(5)), undefined, 'without an origin everything is kept')
  })

  it('tells origins apart by account, peer, direction and every character', async ({ archive }, storage) => {
    const other = storage.host('example.net').archive
    const origins = ['o', 'O', 'o ', '', 'ö', 'o\u0308', 'o\0', "o' OR '1'='1", 'o'.repeat(5000), 'o'.repeat(5001)]
    let id = 0
    const appended: [ArchiveStore, string, NewArchiveEntry][] = origins.map((origin) => [
      archive,
      'romeo',
      message(++id, { origin }),
    ])
    appended.push([archive, 'juliet', message(++id, { origin: 'o' })])
    appended.push([archive, 'romeo', message(++id, { origin: 'o', peer: 'nurse@example.org' })])
    appended.push([archive, 'romeo', message(++id, { origin: 'o', isOut: true })])
    appended.push([other, 'romeo', message(++id, { origin: 'o' })])
    appended.push([archive, 'romeo', message(++id, { stanza: "<message id='o'/>" })])
    for (const [store, local, one] of appended) assert.equal(await store.append(local, one), undefined)
    for (const [store, local, one] of appended)
      if (one.origin !== undefined) assert.equal(await store.append(local, { ...one, id: ++id }), one.id)
  })

  it('answers appends in order with what was called between them', async ({ archive }) => {
    const seen: number[][] = []
    const look = async () => void seen.push(await idsOf(archive))
    await Promise.all([
      look(),
      archive.append('romeo', message(1)),
      look(),
      archive.append('romeo', message(2)),
      archive.replace('romeo', 1, '<x/>'),
      look(),
      archive.trim({ olderThan: 1002 }, 9),
      look(),
      archive.append('romeo', message(3)),
      look(),
    ])
    assert.deepEqual(seen, [[], [1], [1, 2], [2], [2, 3]])
  })

  it('lets nobody change a message from outside', async ({ archive }) => {
    const mine = { ...message(1), origin: 'o' }
    const ids = [1]
    const appending = archive.append('romeo', mine)
    mine.stanza = mine.peer = mine.origin = 'forged'
    await appending
    const paging = archive.page('romeo', { ids }, ALL)
    ids[0] = 2
    const { entries } = await paging
    assert.deepEqual(entries, [entry(1)])
    ;(entries as ArchiveEntry[])[0] = entry(9)
    assert.deepEqual(await archive.find('romeo', 'juliet@example.org', false, 'o'), entry(1))
  })
}

function pages(it: It): void {
  it('reads pages from either end, oldest first, and says when nothing is left', async ({ archive }) => {
    await append(archive, 7)
    const page = async (options: { limit: number; fromEnd?: boolean; skip?: number }) => {
      const { entries, isComplete } = await archive.page('romeo', {}, options)
      return [entries.map(({ id }) => id), isComplete]
    }
    assert.deepEqual(await page({ limit: 3 }), [[1, 2, 3], false])
    assert.deepEqual(await page({ limit: 7 }), [[1, 2, 3, 4, 5, 6, 7], true])
    assert.deepEqual(await page({ limit: 3, fromEnd: true }), [[5, 6, 7], false])
    assert.deepEqual(await page({ limit: 7, fromEnd: true }), [[1, 2, 3, 4, 5, 6, 7], true])
    assert.deepEqual(await page({ limit: 3, skip: 2 }), [[3, 4, 5], false])
    assert.deepEqual(await page({ limit: 3, skip: 4 }), [[5, 6, 7], true])
    assert.deepEqual(await page({ limit: 3, skip: 5 }), [[6, 7], true])
    assert.deepEqual(await page({ limit: 3, skip: 7 }), [[], true])
    assert.deepEqual(await page({ limit: 3, skip: Number.POSITIVE_INFINITY }), [[], true])
    assert.deepEqual(await page({ limit: 2, skip: 1, fromEnd: true }), [[5, 6], false])
    assert.deepEqual(await page({ limit: 2, skip: 6, fromEnd: true }), [[1], true])
    assert.deepEqual(await page({ limit: 0 }), [[], false])
    assert.deepEqual(await page({ limit: 0, skip: 7 }), [[], true])
  })

  it('walks through a long archive without gaps or repetitions, while it grows', async ({ archive }) => {
    const count = 2500
    await append(archive, count, (id) => ({ peer: id % 3 === 0 ? 'rare@x' : 'often@x' }))
    let last = count
    for (const [filter, fromEnd] of [
      [{}, false],
      [{}, true],
      [{ peer: 'rare@x' }, false],
      [{ peer: 'rare@x' }, true],
    ] as const) {
      const seen: number[] = []
      const before = last
      for (let isComplete = false, edge: number | undefined; !isComplete; ) {
        const bound =
          edge === undefined ? { before: before + 1 } : fromEnd ? { before: edge } : { after: edge, before: before + 1 }
        const reading = archive.page('romeo', { ...filter, ...bound }, { limit: 300, fromEnd })
        await archive.append('romeo', message(++last, { peer: 'rare@x' }))
        const page = await reading
        const ids = page.entries.map(({ id }) => id)
        if (fromEnd) seen.unshift(...ids)
        else seen.push(...ids)
        edge = fromEnd ? ids[0] : ids.at(-1)
        isComplete = page.isComplete
      }
      const all = Array.from({ length: before }, (_, i) => i + 1)
      const isRare = (id: number): boolean => id > count || id % 3 === 0
      assert.deepEqual(seen, 'peer' in filter ? all.filter(isRare) : all)
    }
    assert.equal((await idsOf(archive)).length, last)
    assert.deepEqual(
      (await archive.page('romeo', { peer: 'often@x' }, { limit: 1, skip: 1665 })).entries.map(({ id }) => id),
      [2498],
    )
  })

  it('sees in a page what was appended before it was asked for, and nothing later', async ({ archive }) => {
    await append(archive, 1500)
    const early = archive.page('romeo', {}, ALL)
    const appended = archive.append('romeo', message(1501))
    const late = archive.page('romeo', {}, ALL)
    assert.equal((await early).entries.length, 1500)
    assert.equal((await late).entries.length, 1501)
    await appended
  })
}

function filters(it: It): void {
  it('finds by the other side, bare or full', async ({ archive }) => {
    const address = (jid: string) => jid.replaceAll('&', '&amp;').replaceAll("'", '&apos;')
    const sent = (to: string) => ({ isOut: true, stanza: `<message from='romeo@x/r' to='${address(to)}'/>` })
    const got = (from: string) => ({ isOut: false, stanza: `<message to='romeo@x/r' from='${address(from)}'/>` })
    const peer = 'juliet@x'
    await archive.append('romeo', message(1, { peer, ...sent('juliet@x') }))
    await archive.append('romeo', message(2, { peer, ...sent('juliet@x/a') }))
    await archive.append('romeo', message(3, { peer, ...got('juliet@x/a') }))
    await archive.append('romeo', message(4, { peer, ...got('juliet@x/b') }))
    await archive.append('romeo', message(5, { peer: 'nurse@x', ...got('nurse@x/a') }))
    await archive.append('romeo', message(6, { peer, ...got("juliet@x/it's & \xc3\xa4") }))
    await archive.append('romeo', message(7, { peer, stanza: 'no stanza' }))
    await archive.append('romeo', message(8, { peer, stanza: '<message from="juliet@x/a">broken' }))
    assert.deepEqual(await idsOf(archive, { peer }), [1, 2, 3, 4, 6, 7, 8])
    assert.deepEqual(await idsOf(archive, { peer: 'juliet@x/a' }), [2, 3, 8])
    assert.deepEqual(await idsOf(archive, { peer: 'juliet@x/b' }), [4])
    assert.deepEqual(await idsOf(archive, { peer: "juliet@x/it's & ä" }), [6])
    assert.deepEqual(await idsOf(archive, { peer: 'nurse@x/b' }), [])
    assert.deepEqual(await idsOf(archive, { peer: 'tybalt@x' }), [])
    assert.deepEqual(await idsOf(archive, { peer: 'romeo@x/r' }), [])
    for (const hostile of ["juliet@x' OR '1'='1", 'juliet@x%', '', '/', 'juliet@x/'])
      assert.deepEqual(await idsOf(archive, { peer: hostile }), [])
    assert.equal(await archive.count('romeo', { peer: 'juliet@x/a' }), 3)
  })

  it('finds few among many by a full address', async ({ archive }) => {
    await append(archive, 2300, (id) => ({
      stanza: `<message from='juliet@example.org/${id % 1000 === 7 ? 'rare' : 'often'}'/>`,
    }))
    const peer = 'juliet@example.org/rare'
    const page = async (options: { limit: number; fromEnd?: boolean; skip?: number }) => {
      const { entries, isComplete } = await archive.page('romeo', { peer }, options)
      return [entries.map(({ id }) => id), isComplete]
    }
    assert.deepEqual(await page({ limit: 9 }), [[7, 1007, 2007], true])
    assert.deepEqual(await page({ limit: 2 }), [[7, 1007], false])
    assert.deepEqual(await page({ limit: 2, fromEnd: true }), [[1007, 2007], false])
    assert.deepEqual(await page({ limit: 2, fromEnd: true, skip: 2 }), [[7], true])
    assert.deepEqual(await page({ limit: 0, skip: 2 }), [[], false])
    const count = await archive.count('romeo', { peer })
    assert.ok(count === 3 || count === undefined)
  })

  it('finds by time, inclusive, and by ids, exclusive', async ({ archive }) => {
    const times = [100, 200, 200, 200, 300, 500]
    await append(archive, 6, (id) => ({ at: times[id - 1]! }))
    const cases: [ArchiveFilter, number[]][] = [
      [{ start: 200 }, [2, 3, 4, 5, 6]],
      [{ start: 201 }, [5, 6]],
      [{ end: 200 }, [1, 2, 3, 4]],
      [{ end: 199.5 }, [1]],
      [{ start: 99.5, end: 100 }, [1]],
      [{ start: 200, end: 300 }, [2, 3, 4, 5]],
      [{ start: 300, end: 200 }, []],
      [{ start: 501 }, []],
      [{ end: 99 }, []],
      [{ start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY }, [1, 2, 3, 4, 5, 6]],
      [{ start: Number.NaN }, []],
      [{ after: 4 }, [5, 6]],
      [{ before: 3 }, [1, 2]],
      [{ after: 2, before: 5 }, [3, 4]],
      [{ after: 3, before: 4 }, []],
      [{ after: 5, before: 2 }, []],
      [{ after: 6 }, []],
      [{ after: 0, before: 2 ** 53 }, [1, 2, 3, 4, 5, 6]],
      [{ after: -1e9, before: 1e300 }, [1, 2, 3, 4, 5, 6]],
      [{ after: 1.5, before: 4.5 }, [2, 3, 4]],
      [{ before: Number.NaN }, []],
      [{ start: 200, after: 2, before: 6, end: 200 }, [3, 4]],
      [{ ids: [5, 2, 2, 99, 0, -1, 2.5, Number.NaN, 2 ** 60] }, [2, 5]],
      [{ ids: [] }, []],
      [{ ids: [1, 3, 5], after: 1, end: 250 }, [3]],
    ]
    for (const [filter, ids] of cases) {
      assert.deepEqual(await idsOf(archive, filter), ids, JSON.stringify(filter))
      assert.equal(await archive.count('romeo', filter), ids.length, JSON.stringify(filter))
      const { entries } = await archive.page('romeo', filter, { limit: 9, fromEnd: true })
      assert.deepEqual(
        entries.map(({ id }) => id),
        ids,
      )
    }
    await archive.append('juliet', message(7))
    assert.deepEqual(await idsOf(archive, { ids: [7, 1] }), [1], 'of nobody else')
    assert.deepEqual(await archive.page('romeo', { ids: [1, 2, 3] }, { limit: 2 }), {
      entries: [1, 2].map((id) => entry(id, { at: times[id - 1]! })),
      isComplete: false,
    })
  })

  it('lets all conditions hold together', async ({ archive }) => {
    await append(archive, 40, (id) => ({
      peer: id % 2 === 0 ? 'even@x' : 'odd@x',
      stanza: `<message from='${id % 2 === 0 ? 'even' : 'odd'}@x/${id % 4}'><body>number ${id} ${id > 20 ? 'large' : 'small'}</body></message>`,
    }))
    const filter: ArchiveFilter = { peer: 'even@x', start: 1010, end: 1030, after: 11, before: 30, words: ['large'] }
    assert.deepEqual(await idsOf(archive, filter), [22, 24, 26, 28])
    assert.deepEqual(await idsOf(archive, { ...filter, peer: 'even@x/0' }), [24, 28])
    assert.deepEqual(await idsOf(archive, { ...filter, ids: [20, 22, 23, 28] }), [22, 28])
    assert.equal(await archive.count('romeo', { ...filter, peer: 'even@x/0' }), 2)
    const page = await archive.page('romeo', filter, { limit: 2, fromEnd: true, skip: 1 })
    assert.deepEqual([page.entries.map(({ id }) => id), page.isComplete], [[24, 26], false])
  })

  it('counts', async ({ archive }) => {
    assert.equal(await archive.count('romeo', {}), 0)
    await append(archive, 30, (id) => ({ peer: id % 3 === 0 ? 'a@x' : 'b@x' }))
    assert.equal(await archive.count('romeo', {}), 30)
    assert.equal(await archive.count('romeo', { peer: 'a@x' }), 10)
    assert.equal(await archive.count('romeo', { peer: 'a@x', after: 15 }), 5)
    assert.equal(await archive.count('romeo', { peer: 'c@x' }), 0)
    assert.equal(await archive.count('juliet', {}), 0)
  })
}

function single(it: It): void {
  it('has the messages of an account, and of no other', async ({ archive }, storage) => {
    await archive.append('romeo', message(1))
    assert.equal(await archive.has('romeo', 1), true)
    assert.equal(await archive.has('juliet', 1), false)
    assert.equal(await storage.host('example.net').archive.has('romeo', 1), false)
    for (const id of [0, 2, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60])
      assert.equal(await archive.has('romeo', id), false)
  })

  it('finds a message by its origin or by its stanza id, the newest first', async ({ archive }) => {
    const peer = 'juliet@x'
    const append = (id: number, rest: Partial<NewArchiveEntry>) =>
      archive.append('romeo', message(id, { peer, ...rest }))
    await append(1, { stanza: "<message id='a'/>" })
    await append(2, { stanza: "<message id='a'/>" })
    await append(3, { stanza: "<message id='b'/>", origin: 'c' })
    await append(4, { stanza: '<message id="a &amp; \xc3\xa4"><x id="z"/></message>' })
    await append(5, { stanza: "<message id='a'/>", isOut: true })
    await append(6, { stanza: "<message id='a'/>", peer: 'nurse@x' })
    await append(7, { stanza: "<message id='d'/>" })
    await append(8, { stanza: '<message/>', origin: 'd' })
    await append(9, { stanza: '<message/>', origin: 'e' })
    await append(10, { stanza: "<message id='e'/>" })
    await append(11, { stanza: '<message/>' })
    await append(12, { stanza: 'nothing' })
    const find = async (name: string, isOut = false, from = peer) =>
      (await archive.find('romeo', from, isOut, name))?.id
    assert.deepEqual(await archive.find('romeo', peer, false, 'a'), entry(2, { peer, stanza: "<message id='a'/>" }))
    assert.deepEqual([await find('a', true), await find('a', false, 'nurse@x')], [5, 6])
    assert.deepEqual([await find('b'), await find('c')], [3, 3])
    assert.equal(await find('a & ä'), 4)
    assert.equal(await find('z'), undefined)
    assert.deepEqual([await find('d'), await find('e')], [8, 10])
    for (const hostile of ['', 'undefined', "a' OR '1'='1", 'a\0', 'A', 'x'.repeat(10_000)])
      assert.equal(await find(hostile), undefined)
    assert.equal(await archive.find('juliet', peer, false, 'a'), undefined)
    assert.equal(await find('a', false, 'unknown@x'), undefined)
  })

  it('finds the newest of very many with the same name', async ({ archive }) => {
    await append(archive, 1000, () => ({ stanza: "<message id='same'/>" }))
    assert.equal((await archive.find('romeo', 'juliet@example.org', false, 'same'))?.id, 1000)
    assert.equal(await archive.append('romeo', message(1001, { origin: 'same' })), undefined)
    assert.equal(await archive.append('romeo', message(1002, { origin: 'same' })), 1001)
  })

  it('finds by its stanza id what has an origin, also after others were removed', async ({ archive }) => {
    await append(archive, 20, (id) => ({ stanza: `<message id='s${id % 10}'/>`, origin: `o${id}` }))
    const find = async (name: string) => (await archive.find('romeo', 'juliet@example.org', false, name))?.id
    assert.deepEqual([await find('s3'), await find('o3')], [13, 3])
    await archive.replace('romeo', 13, "<message id='s3'><tombstone/></message>")
    assert.equal(await find('s3'), 13)
    await archive.trim({ olderThan: 1014 }, 100)
    assert.deepEqual(
      [await find('s3'), await find('o13'), await find('s4'), await find('o14')],
      [undefined, undefined, 14, 14],
    )
    await archive.append('romeo', message(21, { stanza: "<message id='s3'/>", origin: 'o21' }))
    assert.equal(await find('s3'), 21)
  })

  it('replaces the text of a message and nothing else', async ({ archive }, storage) => {
    await archive.append('romeo', message(1, { origin: 'o' }))
    await archive.append('romeo', message(2))
    assert.equal(await archive.replace('romeo', 1, WIRE), true)
    assert.equal(await archive.replace('romeo', 3, '<x/>'), false)
    assert.equal(await archive.replace('juliet', 1, '<x/>'), false)
    assert.equal(await storage.host('example.net').archive.replace('romeo', 1, '<x/>'), false)
    assert.deepEqual((await archive.page('romeo', {}, ALL)).entries, [entry(1, { stanza: WIRE }), entry(2)])
    assert.equal(await archive.append('romeo', message(3, { origin: 'o' })), 1)
    assert.equal((await archive.find('romeo', 'juliet@example.org', false, 'o'))?.stanza, WIRE)
    await archive.replace('romeo', 2, '<tombstone/>')
    assert.equal((await archive.find('romeo', 'juliet@example.org', false, 'm2'))?.stanza, '<tombstone/>')
  })

  it('knows the first and the last message', async ({ archive }) => {
    assert.equal(await archive.bounds('romeo'), undefined)
    await archive.append('romeo', message(5))
    const five = { id: 5, at: 1005 }
    assert.deepEqual(await archive.bounds('romeo'), { first: five, last: five })
    await archive.append('juliet', message(6))
    await archive.append('romeo', message(7))
    assert.deepEqual(await archive.bounds('romeo'), { first: five, last: { id: 7, at: 1007 } })
  })
}

function losing(it: It): void {
  it('trims what is too old, the oldest first, so many at a time', async ({ archive }, storage) => {
    const other = storage.host('example.net').archive
    await append(archive, 10, (id) => ({ at: id * 10, origin: `o${id}` }))
    await archive.append('juliet', message(11, { at: 110 }))
    await other.append('romeo', message(12, { at: 120 }))
    assert.equal(await archive.trim({ olderThan: 0 }, 100), 0)
    assert.equal(await archive.trim({}, 100), 0)
    assert.equal(await archive.trim({ olderThan: 60 }, 0), 0)
    assert.equal(await archive.trim({ olderThan: 60 }, 3), 3)
    assert.deepEqual(await idsOf(archive), [4, 5, 6, 7, 8, 9, 10])
    assert.equal(await archive.trim({ olderThan: 60 }, 3), 2)
    assert.equal(await archive.trim({ olderThan: 60 }, 3), 0)
    assert.deepEqual(await archive.bounds('romeo'), { first: { id: 6, at: 60 }, last: { id: 10, at: 100 } })
    assert.deepEqual([await archive.has('romeo', 5), await archive.count('romeo', {})], [false, 5])
    assert.equal(await archive.find('romeo', 'juliet@example.org', false, 'o5'), undefined)
    assert.equal(await archive.append('romeo', message(13, { at: 130, origin: 'o5' })), undefined, 'it may come again')
    assert.equal(await archive.trim({ olderThan: Number.POSITIVE_INFINITY }, 100), 7)
    assert.deepEqual([await idsOf(archive), await idsOf(archive, {}, 'juliet')], [[], []])
    assert.deepEqual(await idsOf(other), [12])
    assert.equal(await archive.bounds('romeo'), undefined)
    await archive.append('romeo', message(14, { at: 140 }))
    assert.equal(await archive.trim({ olderThan: 141 }, 100), 1)
  })

  it('trims of each account the oldest beyond its bytes', async ({ archive }) => {
    const stanza = '0123456789'
    for (let id = 1; id <= 10; id++) await archive.append(id % 2 === 0 ? 'romeo' : 'juliet', message(id, { stanza }))
    await archive.append('romeo', message(11, { stanza: WIRE })) // 12 bytes
    assert.equal(await archive.trim({ bytes: 62 }, 100), 0)
    assert.equal(await archive.trim({ bytes: 61 }, 100), 1)
    assert.deepEqual(await idsOf(archive), [4, 6, 8, 10, 11])
    assert.equal(await archive.replace('romeo', 11, `${stanza}${stanza}`), true)
    assert.equal(await archive.trim({ bytes: 59 }, 100), 1)
    assert.deepEqual(await idsOf(archive), [6, 8, 10, 11])
    assert.equal(await archive.replace('romeo', 6, ''), true)
    assert.equal(await archive.trim({ bytes: 40 }, 100), 1, 'one of juliet')
    assert.equal(await archive.trim({ bytes: 39 }, 1), 1)
    assert.equal(await archive.trim({ bytes: 39 }, 100), 2)
    assert.deepEqual(await idsOf(archive), [10, 11])
    assert.deepEqual(await idsOf(archive, {}, 'juliet'), [5, 7, 9])
    assert.equal(await archive.trim({ bytes: 0 }, 100), 5)
    assert.deepEqual([await idsOf(archive), await archive.count('romeo', {})], [[], 0])
  })

  it('trims by age and bytes together, of very many', async ({ archive }) => {
    await append(archive, 1200, () => ({ stanza: '0123456789' }))
    assert.equal(await archive.trim({ olderThan: 1101, bytes: 7000 }, 450), 450)
    assert.equal(await archive.trim({ olderThan: 1101, bytes: 7000 }, 450), 50)
    assert.equal((await archive.bounds('romeo'))?.first.id, 501)
    assert.equal(await archive.trim({ olderThan: 1601, bytes: 7000 }, 450), 100)
    assert.equal(await archive.count('romeo', {}), 600)
  })

  it('goes with its account, and a new account of that name inherits nothing', async ({ accounts, archive }) => {
    const account = (local: string) => ({ local, created: 1, credentials: [] })
    const body = (text: string) => ({ stanza: `<message id='n'><body>${text}</body></message>` })
    await accounts.create(account('romeo'))
    await append(archive, 700, (id) => ({ origin: `o${id}`, ...body('secret') }))
    await archive.append('juliet', message(701, { peer: 'romeo@example.org', ...body('secret') }))
    assert.equal((await archive.page('romeo', { words: ['secret'] }, { limit: 1 })).entries.length, 1)
    const removing = accounts.remove('romeo')
    const recreated = accounts.create(account('romeo'))
    assert.deepEqual([await removing, await recreated], [true, true])
    const isEmpty = async () => {
      assert.deepEqual(await archive.page('romeo', {}, { limit: 9 }), { entries: [], isComplete: true })
      assert.deepEqual(await archive.page('romeo', { words: ['secret'] }, { limit: 9 }), {
        entries: [],
        isComplete: true,
      })
      assert.deepEqual([await archive.count('romeo', {}), await archive.bounds('romeo')], [0, undefined])
      assert.deepEqual([await archive.has('romeo', 7), await archive.replace('romeo', 7, '<x/>')], [false, false])
      assert.equal(await archive.find('romeo', 'juliet@example.org', false, 'o7'), undefined)
      assert.equal(await archive.trim({ bytes: 100 }, 1000), 0)
    }
    await isEmpty()
    assert.equal(await archive.append('romeo', message(702, { origin: 'o7', ...body('mine') })), undefined)
    assert.deepEqual(await idsOf(archive, { words: ['mine'] }), [702])
    assert.deepEqual(await idsOf(archive, { words: ['secret'] }), [])
    assert.deepEqual(await idsOf(archive, { words: ['secret'] }, 'juliet'), [701], 'others keep their side')
    await accounts.remove('romeo')
    await archive.append('romeo', message(703))
    await accounts.create(account('romeo'))
    await isEmpty()
  })
}
