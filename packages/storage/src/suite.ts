/**
 * The compliance suite of the storage contracts: every driver passes it whole. `open` gives an open, empty storage, each time another;
 * the suite closes it.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Account, Credential, HostStorage, OfflineEntry, RosterItem, Storage } from './contracts.ts'
import { REMEMBERED_REMOVALS } from './limits.ts'
import { archives, message } from './suite/archive.ts'
import { type Case, type It, isStorageError, WIRE } from './suite/case.ts'
import { resumption, session } from './suite/resumption.ts'

export { isStorageError }

/** Limits nothing. */
const ROOM = { count: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY }

export function storageSuite(name: string, open: () => Promise<Storage>): void {
  const it = (title: string, run: Case): void => {
    test(title, async () => {
      const storage = await open()
      try {
        await run(storage.host('example.org'), storage)
      } finally {
        await storage.close()
      }
    })
  }
  describe(`${name}: life cycle`, () => lifeCycle(it))
  describe(`${name}: accounts`, () => accounts(it))
  describe(`${name}: rosters`, () => rosters(it))
  describe(`${name}: offline queues`, () => offline(it))
  describe(`${name}: documents`, () => documents(it))
  describe(`${name}: archives`, () => archives(it))
  describe(`${name}: resumable sessions`, () => resumption(it))
  describe(`${name}: order and hosts`, () => order(it))
}

function lifeCycle(it: It): void {
  it('keeps what was written over close and open', async (host, storage) => {
    await host.documents.put('romeo', 'a', '1')
    await storage.close()
    await storage.open()
    assert.equal(await host.documents.get('romeo', 'a'), '1')
  })

  it('commits on close what was called before it, and answers it', async (host, storage) => {
    const puts = Array.from({ length: 50 }, (_, i) => host.documents.put('romeo', `k${i}`, 'v'))
    const closed = storage.close()
    await Promise.all(puts)
    await closed
    await storage.open()
    assert.equal((await host.documents.list('romeo')).length, 50)
  })

  it('refuses calls after close', async (host, storage) => {
    await storage.close()
    await assert.rejects(host.documents.put('romeo', 'a', '1'), isStorageError('closed'))
    await assert.rejects(host.accounts.count(), isStorageError('closed'))
  })

  it('does not mind being opened or closed twice', async (host, storage) => {
    await storage.open()
    await host.documents.put('romeo', 'a', '1')
    await Promise.all([storage.close(), storage.close()])
    await storage.close()
    await Promise.all([storage.open(), storage.open()])
    assert.equal(await host.documents.get('romeo', 'a'), '1')
  })
}

function accounts(it: It): void {
  it('gives back a created account', async ({ accounts }) => {
    assert.equal(await accounts.get('juliet'), undefined)
    assert.equal(await accounts.create(account('juliet', 1)), true)
    assert.deepEqual(await accounts.get('juliet'), account('juliet', 1))
  })

  it('does not create an account twice', async ({ accounts }) => {
    const answers = await Promise.all([accounts.create(account('juliet', 1)), accounts.create(account('juliet', 2))])
    assert.deepEqual(answers, [true, false])
    assert.deepEqual(await accounts.get('juliet'), account('juliet', 1))
  })

  it('replaces all credentials of an account', async ({ accounts }) => {
    await accounts.create(account('juliet', 1))
    assert.equal(await accounts.setCredentials('juliet', [credential(7)]), true)
    assert.deepEqual((await accounts.get('juliet'))?.credentials, [credential(7)])
    assert.equal(await accounts.setCredentials('nobody', [credential(7)]), false)
    assert.equal(await accounts.get('nobody'), undefined)
  })

  it('does not replace credentials that somebody else changed meanwhile', async ({ accounts }) => {
    await accounts.create({ local: 'juliet', created: 0, credentials: [credential(1)] })
    assert.equal(await accounts.setCredentials('juliet', [credential(2)], [credential(1)]), true)
    assert.equal(await accounts.setCredentials('juliet', [credential(3)], [credential(1)]), false)
    assert.equal(await accounts.setCredentials('juliet', [credential(3)], []), false)
    assert.deepEqual((await accounts.get('juliet'))?.credentials, [credential(2)])
  })

  it('removes an account with everything it owns', async (host) => {
    for (const local of ['juliet', 'romeo']) await fill(host, local)
    await host.documents.put('', 'motd', 'of the host')
    assert.equal(await host.accounts.remove('juliet'), true)
    assert.equal(await host.accounts.remove('juliet'), false)
    assert.deepEqual(await belongings(host, 'juliet'), NOTHING)
    assert.deepEqual(await host.roster.changesSince('juliet', 0), { version: 0, changes: [] })
    assert.ok(await host.accounts.get('romeo'))
    assert.deepEqual(await belongings(host, 'romeo'), ONE_OF_EACH)
    assert.equal(await host.documents.get('', 'motd'), 'of the host')
  })

  it('lets no new account inherit what was written after a removal', async (host) => {
    await fill(host, 'juliet')
    await host.accounts.remove('juliet')
    await host.offline.append('juliet', entry(99, '<late/>'), ROOM)
    await host.roster.put('juliet', item('late@example.net'))
    await host.documents.put('juliet', 'late', 'x')
    await host.archive.append('juliet', message((await host.archive.lastId()) + 1, { origin: 'late' }))
    await host.resumption.put(session('late', 'juliet'))
    await host.accounts.create(account('juliet', 2))
    assert.deepEqual(await host.accounts.get('juliet'), account('juliet', 2))
    assert.deepEqual(await belongings(host, 'juliet'), NOTHING)
  })

  it('removes nothing of the host under the empty name', async (host) => {
    await host.documents.put('', 'motd', 'x')
    assert.equal(await host.accounts.remove(''), false)
    assert.equal(await host.documents.get('', 'motd'), 'x')
  })

  it('lists locals in code point order, page by page', async ({ accounts }) => {
    const locals = ['a', 'b', 'ba', 'z', 'ä', '\uff5e', '\u{1f600}']
    for (const local of locals.toReversed()) await accounts.create(account(local, 1))
    assert.equal(await accounts.count(), locals.length)
    assert.deepEqual(await accounts.list({ limit: 3 }), locals.slice(0, 3))
    assert.deepEqual(await accounts.list({ after: 'ba', limit: 2 }), locals.slice(3, 5))
    assert.deepEqual(await accounts.list({ after: 'bb', limit: Number.POSITIVE_INFINITY }), locals.slice(3))
    assert.deepEqual(await accounts.list({ after: '\u{1f600}', limit: 9 }), [])
    assert.deepEqual(await accounts.list({ limit: 0 }), [])
  })

  it('lets nobody change an account from outside', async ({ accounts }) => {
    const mine = account('juliet', 1)
    const creating = accounts.create(mine)
    mine.credentials[0]!.salt.fill(0)
    await creating
    const got = await accounts.get('juliet')
    assert.deepEqual(got, account('juliet', 1))
    got!.credentials[0]!.salt.fill(0)
    assert.deepEqual(await accounts.get('juliet'), account('juliet', 1))
  })

  it('keeps bytes that are a view into something larger', async ({ accounts }) => {
    const salt = new Uint8Array(1000).fill(9).subarray(10, 14)
    await accounts.create({ local: 'juliet', created: 1, credentials: [{ ...credential(1), salt }] })
    assert.deepEqual((await accounts.get('juliet'))?.credentials[0]?.salt, new Uint8Array([9, 9, 9, 9]))
  })
}

function rosters(it: It): void {
  it('starts empty at version 0', async ({ roster }) => {
    assert.deepEqual(await roster.load('romeo'), { version: 0, items: [] })
    assert.deepEqual(await roster.changesSince('romeo', 0), { version: 0, changes: [] })
    assert.equal(await roster.changesSince('romeo', 1), undefined)
    assert.equal(await roster.remove('romeo', 'nobody@example.net'), 0)
  })

  it('gives items back as they were put', async ({ roster }) => {
    const items: RosterItem[] = [
      item('a@example.net'),
      item('b@example.net', {
        name: 'Bé 😀',
        groups: ['x', 'y "z"', ''],
        subscription: 'both',
        ask: true,
        approved: true,
      }),
      item('c@example.net', { name: '', subscription: 'from', pendingIn: WIRE }),
      item('d@example.net', { listed: false, pendingIn: '<presence/>', subscription: 'to' }),
    ]
    for (const [i, one] of items.entries()) assert.equal(await roster.put('romeo', one), i + 1)
    const { version, items: loaded } = await roster.load('romeo')
    assert.equal(version, 4)
    assert.deepEqual(byJid(loaded), items)
  })

  it('replaces an item whole', async ({ roster }) => {
    await roster.put('romeo', item('a@example.net', { name: 'A', groups: ['g'], pendingIn: '<p/>' }))
    await roster.put('romeo', item('a@example.net', { ask: true }))
    assert.deepEqual(await roster.load('romeo'), { version: 2, items: [item('a@example.net', { ask: true })] })
  })

  it('reports changes in order, each JID once', async ({ roster }) => {
    for (const jid of ['a@x', 'b@x', 'c@x', 'd@x']) await roster.put('romeo', item(jid))
    await roster.put('romeo', item('b@x', { name: 'B' })) // 5
    assert.equal(await roster.remove('romeo', 'a@x'), 6)
    assert.equal(await roster.remove('romeo', 'a@x'), 6)
    await roster.put('romeo', item('c@x', { name: 'C' })) // 7
    const b = { version: 5, jid: 'b@x', item: item('b@x', { name: 'B' }) }
    const c = { version: 7, jid: 'c@x', item: item('c@x', { name: 'C' }) }
    const since4 = { version: 7, changes: [b, { version: 6, jid: 'a@x' }, c] }
    assert.deepEqual(await roster.changesSince('romeo', 4), since4)
    assert.deepEqual(await roster.changesSince('romeo', 6), { version: 7, changes: [c] })
    assert.deepEqual(await roster.changesSince('romeo', 7), { version: 7, changes: [] })
    assert.equal(await roster.changesSince('romeo', 8), undefined)
    assert.deepEqual(
      (await roster.changesSince('romeo', 0))?.changes.map(({ jid }) => jid),
      ['d@x', 'b@x', 'a@x', 'c@x'],
    )
  })

  it('reports a contact that was removed and came back as changed only', async ({ roster }) => {
    await roster.put('romeo', item('a@x'))
    await roster.remove('romeo', 'a@x')
    await roster.put('romeo', item('a@x', { name: 'again' }))
    const changes = [{ version: 3, jid: 'a@x', item: item('a@x', { name: 'again' }) }]
    assert.deepEqual(await roster.changesSince('romeo', 1), { version: 3, changes })
  })

  it('hides unlisted items from changes, and reports one that became unlisted as removed', async ({ roster }) => {
    const unlisted = { listed: false, pendingIn: '<presence/>' }
    await roster.put('romeo', item('a@x', unlisted))
    await roster.put('romeo', item('b@x')) // 2
    assert.deepEqual(
      (await roster.changesSince('romeo', 0))?.changes.map(({ jid }) => jid),
      ['b@x'],
    )
    await roster.put('romeo', item('b@x', unlisted)) // 3
    assert.deepEqual(await roster.changesSince('romeo', 2), { version: 3, changes: [{ version: 3, jid: 'b@x' }] })
    await roster.remove('romeo', 'b@x') // 4
    await roster.remove('romeo', 'a@x') // 5
    assert.deepEqual(await roster.changesSince('romeo', 2), { version: 5, changes: [{ version: 3, jid: 'b@x' }] })
    await roster.put('romeo', item('b@x'))
    const changes = [{ version: 6, jid: 'b@x', item: item('b@x') }]
    assert.deepEqual(await roster.changesSince('romeo', 2), { version: 6, changes })
  })

  it('remembers a bounded number of removals', async ({ roster }) => {
    const extra = 3
    const writes: Promise<number>[] = []
    for (let i = 0; i < REMEMBERED_REMOVALS + extra; i++) writes.push(roster.put('romeo', item(`c${i}@x`)))
    const full = (await Promise.all(writes)).at(-1)!
    const removals = writes.map((_, i) => roster.remove('romeo', `c${i}@x`))
    await Promise.all(removals)
    assert.equal(await roster.changesSince('romeo', full), undefined)
    assert.equal(await roster.changesSince('romeo', full + extra - 1), undefined)
    const known = await roster.changesSince('romeo', full + extra)
    assert.equal(known?.changes.length, REMEMBERED_REMOVALS)
    assert.deepEqual(known?.changes[0], { version: full + extra + 1, jid: `c${extra}@x` })
  })

  it('lets nobody change an item from outside', async ({ roster }) => {
    const groups = ['friends']
    const putting = roster.put('romeo', item('a@x', { groups }))
    groups.push('forged')
    await putting
    const { items } = await roster.load('romeo')
    ;(items[0]!.groups as string[]).push('forged')
    assert.deepEqual((await roster.load('romeo')).items[0]?.groups, ['friends'])
  })
}

function offline(it: It): void {
  it('gives stanzas back in the order of their ids, page by page', async ({ offline }) => {
    const stanzas = ['<a/>', WIRE, '<c>\0</c>', '<d>real text ä€😀</d>', '']
    const all = stanzas.map((stanza, i) => ({ id: 2 ** 52 + i * 7, at: 1_700_000_000_000 - i, stanza }))
    for (const i of [3, 1, 0, 4, 2]) assert.equal(await offline.append('romeo', all[i]!, ROOM), 'stored')
    assert.deepEqual(await offline.read('romeo', 0, Number.POSITIVE_INFINITY), all)
    assert.deepEqual(await offline.read('romeo', 0, 2), all.slice(0, 2))
    assert.deepEqual(await offline.read('romeo', all[1]!.id, 2), all.slice(2, 4))
    assert.deepEqual(await offline.read('romeo', all[4]!.id, 2), [])
    assert.deepEqual(await offline.read('juliet', 0, 2), [])
  })

  it('refuses what exceeds the number of stanzas', async ({ offline }) => {
    const limit = { count: 2, bytes: 1000 }
    const answers = await Promise.all([1, 2, 3].map((id) => offline.append('romeo', entry(id, '<a/>'), limit)))
    assert.deepEqual(answers, ['stored', 'stored', 'full'])
    assert.deepEqual(await offline.size('romeo'), { count: 2, bytes: 8 })
    assert.equal(await offline.append('juliet', entry(4, '<a/>'), { count: 0, bytes: 1000 }), 'full')
    assert.deepEqual(await offline.size('juliet'), { count: 0, bytes: 0 })
  })

  it('refuses what exceeds the bytes, counting wire strings as bytes of UTF-8', async ({ offline }) => {
    const limit = { count: 100, bytes: 20 }
    assert.equal(await offline.append('romeo', entry(1, WIRE), limit), 'stored') // 12
    assert.equal(await offline.append('romeo', entry(2, '123456789'), limit), 'full')
    assert.equal(await offline.append('romeo', entry(3, '12345678'), limit), 'stored')
    assert.deepEqual(await offline.size('romeo'), { count: 2, bytes: 20 })
    assert.equal(await offline.append('juliet', entry(4, 'x'.repeat(21)), limit), 'full')
  })

  it('stores one id once, however full the queue is', async ({ offline }) => {
    const limit = { count: 1, bytes: 100 }
    assert.equal(await offline.append('romeo', entry(1, '<a/>'), limit), 'stored')
    assert.equal(await offline.append('romeo', entry(1, '<again/>'), limit), 'stored')
    assert.deepEqual(await offline.read('romeo', 0, 9), [entry(1, '<a/>')])
    assert.deepEqual(await offline.size('romeo'), { count: 1, bytes: 4 })
  })

  it('removes by id, and from no other queue', async ({ offline }) => {
    const all = [1, 2, 3, 4, 5].map((id) => entry(id, `<${id}/>`))
    for (const one of all) await offline.append('romeo', one, ROOM)
    await offline.append('juliet', entry(9, '<j/>'), ROOM)
    await offline.remove('romeo', [])
    await offline.remove('romeo', [2, 4, 4, 7, 9])
    await offline.remove('nurse', [1])
    assert.deepEqual(await offline.read('romeo', 0, 10), [all[0], all[2], all[4]])
    assert.deepEqual(await offline.size('romeo'), { count: 3, bytes: 12 })
    await offline.remove('romeo', [1, 2, 3, 5])
    assert.deepEqual(await offline.size('romeo'), { count: 0, bytes: 0 })
    assert.equal((await offline.size('juliet')).count, 1)
  })

  it('knows the greatest id', async ({ offline }) => {
    assert.equal(await offline.lastId(), 0)
    for (const id of [5, 2 ** 52, 7]) await offline.append('romeo', entry(id, ''), ROOM)
    assert.equal(await offline.lastId(), 2 ** 52)
  })

  it('makes room again by removing', async ({ offline }) => {
    const limit = { count: 1, bytes: 100 }
    await offline.append('romeo', entry(1, '<a/>'), limit)
    assert.equal(await offline.append('romeo', entry(2, '<b/>'), limit), 'full')
    await offline.remove('romeo', [1])
    assert.equal(await offline.append('romeo', entry(2, '<b/>'), limit), 'stored')
  })

  it('loses to a client what it has taken, together with the rest it acknowledges', async ({ offline, resumption }) => {
    for (const id of [1, 2, 3, 4]) await offline.append('romeo', entry(id, '<a/>'), ROOM)
    await offline.append('juliet', entry(5, '<a/>'), ROOM)
    await resumption.put(session('s', 'romeo'))
    await resumption.acknowledge({ id: 's', local: 'romeo' }, 0, [1, 5])
    await resumption.acknowledge({ id: 'nobody', local: 'romeo' }, 7, [2])
    assert.deepEqual(
      (await offline.read('romeo', 0, 9)).map(({ id }) => id),
      [3, 4],
    )
    await resumption.put(session('s', 'romeo', { acknowledged: 2 }), [4])
    assert.deepEqual(
      (await offline.read('romeo', 0, 9)).map(({ id }) => id),
      [3],
    )
    assert.deepEqual(await offline.size('romeo'), { count: 1, bytes: 4 })
    assert.equal((await offline.size('juliet')).count, 1)
  })
}

const entry = (id: number, stanza: string): OfflineEntry => ({ id, at: 1, stanza })

function documents(it: It): void {
  it('gives documents back as they were put', async ({ documents }) => {
    const values = new Map([
      ['ascii', '<x/>'],
      ['empty', ''],
      ['nul', 'a\0b'],
      ['text', 'ä€😀'],
      ['wire', WIRE],
      ['large', 'x'.repeat(300_000)],
    ])
    for (const [key, value] of values) await documents.put('romeo', key, value)
    for (const [key, value] of values) assert.equal(await documents.get('romeo', key), value)
  })

  it('replaces, removes and misses documents', async ({ documents }) => {
    assert.equal(await documents.get('romeo', 'a'), undefined)
    assert.equal(await documents.remove('romeo', 'a'), false)
    await documents.put('romeo', 'a', '1')
    await documents.put('romeo', 'a', '2')
    assert.equal(await documents.get('romeo', 'a'), '2')
    assert.equal(await documents.remove('romeo', 'a'), true)
    assert.equal(await documents.get('romeo', 'a'), undefined)
  })

  it('lists keys in code point order with their bytes', async ({ documents }) => {
    await documents.put('romeo', '{urn:b}b', WIRE)
    await documents.put('romeo', '{urn:a}a', 'ä€😀')
    await documents.put('romeo', '\u{1f600}', '')
    await documents.put('romeo', '\uff5e', 'x')
    assert.deepEqual(await documents.list('romeo'), [
      { key: '{urn:a}a', bytes: 9 },
      { key: '{urn:b}b', bytes: 12 },
      { key: '\uff5e', bytes: 1 },
      { key: '\u{1f600}', bytes: 0 },
    ])
    assert.deepEqual(await documents.list('juliet'), [])
  })

  it('keeps the documents of the host apart from those of its accounts', async ({ documents }) => {
    await documents.put('', 'a', 'host')
    await documents.put('romeo', 'a', 'romeo')
    assert.equal(await documents.get('', 'a'), 'host')
    assert.deepEqual(await documents.list(''), [{ key: 'a', bytes: 4 }])
  })
}

function order(it: It): void {
  it('takes operations in the order of the calls, reads see earlier writes', async ({ documents, offline, roster }) => {
    const seen: string[] = []
    const note = (what: string) => (): void => void seen.push(what)
    const answers = await Promise.all([
      documents.get('romeo', 'a'),
      documents.put('romeo', 'a', '1').then(note('first put')),
      documents.get('romeo', 'a'),
      documents.put('romeo', 'a', '2').then(note('second put')),
      documents.get('romeo', 'a'),
      roster.put('romeo', item('a@x')).then((version) => note(`roster ${version}`)()),
      documents.remove('romeo', 'a'),
      documents.get('romeo', 'a'),
      offline.append('romeo', entry(1, '<a/>'), ROOM).then(note('append')),
      offline.size('romeo'),
    ])
    assert.deepEqual(
      [answers[0], answers[2], answers[4], answers[6], answers[7]],
      [undefined, '1', '2', true, undefined],
    )
    assert.deepEqual(answers[9], { count: 1, bytes: 4 })
    assert.deepEqual(seen, ['first put', 'second put', 'roster 1', 'append'])
  })

  it('keeps order over many ticks', async ({ offline }) => {
    const appends: Promise<string>[] = []
    for (let i = 0; i < 300; i++) {
      appends.push(offline.append('romeo', entry(i + 1, `<m${i}/>`), ROOM))
      if (i % 7 === 0) await new Promise(setImmediate)
    }
    await Promise.all(appends)
    const entries = await offline.read('romeo', 0, 1000)
    assert.deepEqual(
      entries.map(({ stanza }) => stanza),
      appends.map((_, i) => `<m${i}/>`),
    )
  })

  it('lets parallel password changes end with the last one', async ({ accounts }) => {
    await accounts.create(account('juliet', 1))
    const changes = Array.from({ length: 100 }, (_, i) =>
      accounts.setCredentials('juliet', [credential(i), credential(i)]),
    )
    await Promise.all(changes)
    assert.deepEqual((await accounts.get('juliet'))?.credentials, [credential(99), credential(99)])
  })

  it('keeps hosts strictly apart', async (host, storage) => {
    const other = storage.host('example.net')
    await fill(host, 'romeo')
    await host.documents.put('', 'a', 'x')
    assert.deepEqual(await belongings(other, 'romeo'), NOTHING)
    assert.equal(await other.accounts.count(), 0)
    assert.deepEqual(await other.accounts.list({ limit: 10 }), [])
    assert.deepEqual(await other.documents.list(''), [])
    await fill(other, 'romeo')
    assert.equal(await other.accounts.remove('romeo'), true)
    assert.deepEqual(await host.accounts.get('romeo'), account('romeo', 1))
    assert.deepEqual(await belongings(host, 'romeo'), ONE_OF_EACH)
  })

  it('gives the same data under the same domain', async (host, storage) => {
    await host.documents.put('romeo', 'a', '1')
    assert.equal(await storage.host('example.org').documents.get('romeo', 'a'), '1')
  })
}

function credential(n: number): Credential {
  const key = (byte: number): Uint8Array => new Uint8Array(20).fill(byte)
  return { mechanism: 'SCRAM-SHA-1', salt: key(n), iterations: 4096 + n, storedKey: key(n + 1), serverKey: key(n + 2) }
}

function account(local: string, n: number): Account {
  return { local, created: n, credentials: [{ ...credential(n), mechanism: 'SCRAM-SHA-512' }, credential(n + 1)] }
}

function item(jid: string, rest: Partial<RosterItem> = {}): RosterItem {
  return { jid, groups: [], subscription: 'none', ask: false, approved: false, listed: true, ...rest }
}

function byJid(items: readonly RosterItem[]): RosterItem[] {
  return items.toSorted((a, b) => (a.jid < b.jid ? -1 : 1))
}

/** One of everything. */
async function fill(host: HostStorage, local: string): Promise<void> {
  await host.accounts.create(account(local, 1))
  await host.roster.put(local, item('friend@example.net'))
  await host.offline.append(local, entry((await host.offline.lastId()) + 1, '<message/>'), ROOM)
  await host.documents.put(local, 'vcard', '<vCard/>')
  await host.archive.append(local, message((await host.archive.lastId()) + 1, { origin: 'one' }))
  await host.resumption.put(session(`session of ${local}`, local))
  await host.resumption.enqueue(`session of ${local}`, [{ seq: 1, at: 1, id: 0, isTaken: false, stanza: '<message/>' }])
}

const NOTHING = { contacts: 0, version: 0, stanzas: 0, documents: 0, messages: 0, sessions: 0, waiting: 0 }
const ONE_OF_EACH = { contacts: 1, version: 1, stanzas: 1, documents: 1, messages: 1, sessions: 1, waiting: 1 }

async function belongings(host: HostStorage, local: string): Promise<typeof NOTHING> {
  const { version, items } = await host.roster.load(local)
  const sessions = (await host.resumption.list({ limit: 100 })).filter((one) => one.local === local)
  return {
    contacts: items.length,
    version,
    stanzas: (await host.offline.size(local)).count,
    documents: (await host.documents.list(local)).length,
    messages: (await host.archive.page(local, {}, { limit: 100 })).entries.length,
    sessions: sessions.length,
    waiting: (await host.resumption.queue(`session of ${local}`, 0, 100)).length,
  }
}
