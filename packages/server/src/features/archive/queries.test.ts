import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chat, type Page, queryOf, read } from '../../../test/archive-reader.ts'
import { managed } from '../../../test/managed-client.ts'
import { conditionOf, type MemoryClient, type MemoryServer, memoryServer, turns } from '../../../test/memory-server.ts'

/** An archive of juliet's with a message a minute, whose bodies are their places from 0. */
async function filled(server: MemoryServer, count: number, to = 'juliet@localhost') {
  const juliet = await server.login('juliet')
  const romeo = await server.login('romeo')
  for (let i = 0; i < count; i++) {
    romeo.send(chat(String(i), to))
    await romeo.all()
    server.clock.advance(60_000)
  }
  await juliet.all()
  return { juliet, romeo }
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => String(from + index))

/** Follows pages until the end. */
async function walk(
  client: MemoryClient,
  way: 'after' | 'before',
  max: number,
  between?: () => Promise<void>,
): Promise<Page[]> {
  const pages: Page[] = []
  for (;;) {
    const last = pages.at(-1)
    const edge = way === 'after' ? last?.last : last?.first
    const place = edge === undefined ? (way === 'before' ? '<before/>' : '') : `<${way}>${edge}</${way}>`
    const page = await read(client, queryOf({}, `<max>${max}</max>${place}`))
    pages.push(page)
    if (page.isComplete) return pages
    await between?.()
  }
}

test('pages forwards and backwards are the same messages, in the order of the archive, once each', async () => {
  await using server = await memoryServer()
  const { juliet } = await filled(server, 10)
  const forwards = await walk(juliet, 'after', 4)
  assert.deepEqual(
    forwards.map((page) => [page.bodies, page.index, page.count]),
    [
      [numbers(0, 4), '0', '10'],
      [numbers(4, 8), '4', '10'],
      [numbers(8, 10), '8', '10'],
    ],
  )
  const backwards = await walk(juliet, 'before', 4)
  assert.deepEqual(
    backwards.map((page) => [page.bodies, page.index, page.count]),
    [
      [numbers(6, 10), '6', '10'],
      [numbers(2, 6), '2', '10'],
      [numbers(0, 2), '0', '10'],
    ],
  )
  for (const page of [...forwards, ...backwards]) {
    assert.equal(page.first, page.ids[0])
    assert.equal(page.last, page.ids.at(-1))
  }
})

test('a page that ends with the last message is complete, and one before is not', async () => {
  await using server = await memoryServer()
  const { juliet } = await filled(server, 4)
  assert.equal((await read(juliet, queryOf({}, '<max>4</max>'))).isComplete, true)
  assert.equal((await read(juliet, queryOf({}, '<max>3</max>'))).isComplete, false)
  assert.equal((await read(juliet, queryOf({}, '<max>4</max><before/>'))).isComplete, true)
  const { last } = await read(juliet)
  const beyond = await read(juliet, queryOf({}, `<after>${last}</after>`))
  assert.deepEqual([beyond.bodies, beyond.isComplete, beyond.first, beyond.count], [[], true, undefined, '4'])
})

test('an empty archive is complete', async () => {
  await using server = await memoryServer()
  const { bodies, isComplete, count, first } = await read(await server.login('juliet'))
  assert.deepEqual([bodies, isComplete, count, first], [[], true, '0', undefined])
})

test('messages that come while a client pages are neither skipped nor doubled', async () => {
  await using server = await memoryServer()
  const { juliet, romeo } = await filled(server, 9)
  let more = 0
  const between = async (): Promise<void> => {
    if (more < 6) romeo.send(chat(`new ${more++}`))
    await romeo.all()
    await juliet.all()
  }
  const forwards = await walk(juliet, 'after', 2, between)
  assert.deepEqual(
    forwards.flatMap((page) => page.bodies),
    [...numbers(0, 9), ...numbers(0, 6).map((place) => `new ${place}`)],
  )
  more = 0
  const backwards = await walk(juliet, 'before', 2, between)
  assert.deepEqual(
    backwards.reverse().flatMap((page) => page.bodies),
    forwards.flatMap((page) => page.bodies),
  )
})

test('the number of messages in a page has a usual and a greatest size', async () => {
  await using server = await memoryServer({ features: { archive: { pageSize: 3, maxPageSize: 5 } } })
  const { juliet } = await filled(server, 7)
  assert.equal((await read(juliet)).bodies.length, 3)
  const most = await read(juliet, queryOf({}, '<max>1000000000</max>'))
  assert.deepEqual([most.bodies.length, most.isComplete], [5, false])
})

test('no message at all can be asked for: how many there are', async () => {
  await using server = await memoryServer()
  const { juliet } = await filled(server, 3)
  const { bodies, count, isComplete, first } = await read(juliet, queryOf({}, '<max>0</max>'))
  assert.deepEqual([bodies, count, isComplete, first], [[], '3', false, undefined])
})

test('a page may begin at a place', async () => {
  await using server = await memoryServer()
  const { juliet } = await filled(server, 5)
  const third = await read(juliet, queryOf({}, '<max>2</max><index>2</index>'))
  assert.deepEqual([third.bodies, third.index, third.isComplete], [['2', '3'], '2', false])
  const beyond = await read(juliet, queryOf({}, '<max>2</max><index>5</index>'))
  assert.deepEqual([beyond.bodies, beyond.isComplete, beyond.count], [[], true, '5'])
})

test('a page that is flipped has the same messages and edges, the newest first', async () => {
  await using server = await memoryServer()
  const { juliet } = await filled(server, 5)
  const plain = await read(juliet, queryOf({}, '<max>3</max><before/>'))
  const flipped = await read(juliet, queryOf({}, '<max>3</max><before/>', '<flip-page/>'))
  assert.deepEqual(flipped.bodies, plain.bodies.toReversed())
  assert.deepEqual([flipped.first, flipped.last, flipped.index], [plain.first, plain.last, plain.index])
})

test('messages are chosen by time, both ends included', async () => {
  await using server = await memoryServer()
  const { juliet } = await filled(server, 5)
  const bodies = async (fields: Record<string, string>): Promise<readonly string[]> =>
    (await read(juliet, queryOf(fields))).bodies
  assert.deepEqual(await bodies({ start: '2026-01-01T00:03:00Z' }), ['3', '4'])
  assert.deepEqual(await bodies({ end: '2026-01-01T00:01:00Z' }), ['0', '1'])
  assert.deepEqual(await bodies({ start: '2026-01-01T00:01:00Z', end: '2026-01-01T01:03:00+01:00' }), ['1', '2', '3'])
  assert.deepEqual(await bodies({ start: '2026-01-01T00:03:00Z', end: '2026-01-01T00:01:00Z' }), [])
  const page = await read(juliet, queryOf({ start: '2026-01-01T00:01:00Z' }, '<max>2</max>'))
  const next = await read(juliet, queryOf({ start: '2026-01-01T00:01:00Z' }, `<max>2</max><after>${page.last}</after>`))
  assert.deepEqual([page.bodies, page.index, page.count], [['1', '2'], '0', '4'])
  assert.deepEqual([next.bodies, next.index, next.isComplete], [['3', '4'], '2', true])
})

test('messages are chosen by ids: before, after, between, and by name', async () => {
  await using server = await memoryServer()
  const { juliet } = await filled(server, 6)
  const { ids } = await read(juliet)
  const bodies = async (fields: Record<string, string | string[]>, set = ''): Promise<readonly string[]> =>
    (await read(juliet, queryOf(fields, set))).bodies
  assert.deepEqual(await bodies({ 'after-id': ids[3]! }), ['4', '5'])
  assert.deepEqual(await bodies({ 'before-id': ids[2]! }), ['0', '1'])
  assert.deepEqual(await bodies({ 'after-id': ids[1]!, 'before-id': ids[4]! }), ['2', '3'])
  assert.deepEqual(await bodies({ 'after-id': ids[0]!, 'before-id': ids[5]! }, '<max>2</max><before/>'), ['3', '4'])
  assert.deepEqual(await bodies({ 'before-id': ids[5]! }, `<max>2</max><after>${ids[1]}</after>`), ['2', '3'])
  assert.deepEqual(await bodies({ ids: [ids[4]!, ids[1]!, ids[4]!] }), ['1', '4'])
})

test('an id that is not in the archive is not found, wherever it stands', async () => {
  await using server = await memoryServer()
  const { juliet, romeo } = await filled(server, 2)
  const mine = (await read(juliet)).ids[0]!
  const his = (await read(romeo)).ids[0]!
  const wrong = [his, 'x', "1' OR '1'='1", '-1', '0', 'x'.repeat(20_000), `${mine.slice(0, -1)}!`, mine.toUpperCase()]
  for (const id of wrong) {
    const text = id.replaceAll("'", '&apos;')
    for (const query of [
      queryOf({}, `<after>${text}</after>`),
      queryOf({}, `<before>${text}</before>`),
      queryOf({ 'after-id': text }),
      queryOf({ 'before-id': text }),
      queryOf({ ids: [mine, text] }),
      queryOf({ ids: [mine, text] }, '<max>0</max>'),
    ]) {
      const { error, bodies } = await read(juliet, query)
      assert.deepEqual([error, bodies], ['item-not-found', []], query.slice(0, 200))
    }
  }
})

test('messages are chosen by who is on the other side', async () => {
  await using server = await memoryServer()
  const { juliet, romeo } = await filled(server, 1)
  const nurse = await server.login('nurse')
  romeo.send(chat('to her balcony', 'juliet@localhost/one'))
  await romeo.all()
  nurse.send(chat('from the nurse'))
  await nurse.all()
  juliet.send(chat('to him', 'romeo@localhost/orchard'))
  juliet.send(chat('to him, wherever', 'romeo@localhost'))
  juliet.send(chat('to herself', 'juliet@localhost/one'))
  await juliet.all()
  const bodies = async (who: string): Promise<readonly string[]> => (await read(juliet, queryOf({ with: who }))).bodies
  assert.deepEqual(await bodies('Romeo@LOCALHOST'), ['0', 'to her balcony', 'to him', 'to him, wherever'])
  assert.deepEqual(await bodies('romeo@localhost/orchard'), ['to him'])
  assert.deepEqual(await bodies('romeo@localhost/one'), ['0', 'to her balcony'])
  assert.deepEqual(await bodies('nurse@localhost'), ['from the nurse'])
  assert.deepEqual(await bodies('juliet@localhost'), ['to herself'])
  assert.deepEqual(await bodies('nobody@localhost'), [])
})

test('messages are found by their words, in any case, and an empty search finds all', async () => {
  await using server = await memoryServer()
  const { juliet, romeo } = await filled(server, 0)
  for (const body of ['O Romeo, Romeo', 'wherefore art thou', 'Älterer Herr', 'romeo wherefore']) romeo.send(chat(body))
  await romeo.all()
  await juliet.all()
  const bodies = async (text: string): Promise<readonly string[]> =>
    (await read(juliet, queryOf({ '{urn:xmpp:fulltext:0}fulltext': text }))).bodies
  assert.deepEqual(await bodies('ROMEO'), ['O Romeo, Romeo', 'romeo wherefore'])
  assert.deepEqual(await bodies('  wherefore   romeo '), ['romeo wherefore'])
  assert.deepEqual(await bodies('älterer'), ['Älterer Herr'])
  assert.deepEqual(await bodies('Tybalt'), [])
  assert.equal((await bodies('')).length, 4)
  const many = 'word '.repeat(100)
  assert.equal((await read(juliet, queryOf({ '{urn:xmpp:fulltext:0}fulltext': many }))).error, 'policy-violation')
  const long = 'x'.repeat(5000)
  assert.equal((await read(juliet, queryOf({ '{urn:xmpp:fulltext:0}fulltext': long }))).error, 'policy-violation')
})

test('nonsense is refused with the error that is specified, and the archive goes on', async () => {
  await using server = await memoryServer()
  const { juliet } = await filled(server, 2)
  const rsm = (inner: string): string => queryOf({}, inner)
  for (const [query, condition] of [
    [rsm('<max>-1</max>'), 'bad-request'],
    [rsm('<max>1e9</max>'), 'bad-request'],
    [rsm('<max>NaN</max>'), 'bad-request'],
    [rsm('<max>99999999999999999999</max>'), 'bad-request'],
    [rsm('<max/>'), 'bad-request'],
    [rsm('<index>-1</index>'), 'bad-request'],
    [rsm('<index>NaN</index>'), 'bad-request'],
    [rsm('<after>a</after><before>b</before>'), 'bad-request'],
    [rsm('<after/>'), 'item-not-found'],
    [queryOf({ start: 'yesterday' }), 'bad-request'],
    [queryOf({ end: '10000-01-01T00:00:00Z' }), 'bad-request'],
    [queryOf({ with: '@' }), 'bad-request'],
    [queryOf({ mood: 'merry' }), 'feature-not-implemented'],
    [queryOf({ 'include-groupchat': 'perhaps' }), 'bad-request'],
    [queryOf({ ids: Array.from({ length: 300 }, (_, index) => String(index)) }), 'policy-violation'],
    [
      "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:xmpp:mam:1</value></field></x>",
      'bad-request',
    ],
    ["<x xmlns='jabber:x:data' type='submit'/>", 'bad-request'],
    ["<x xmlns='jabber:x:data' type='form'/>", 'bad-request'],
    ["<x xmlns='jabber:x:data'/>", 'bad-request'],
  ] as const)
    assert.equal((await read(juliet, query)).error, condition, query)
  assert.equal((await read(juliet, '', " node='urn:example:diary'")).error, 'feature-not-implemented')
  for (const field of ['true', 'false'])
    assert.deepEqual((await read(juliet, queryOf({ 'include-groupchat': field }))).bodies, ['0', '1'])
})

test('a page is whole for a client with stream management, which acknowledges nothing before it has come', async () => {
  await using server = await memoryServer({ limits: { burstBytes: 10_000_000 } })
  await server.server.accounts('localhost').create('juliet', 'secret-juliet')
  const romeo = await server.login('romeo')
  const text = 'x'.repeat(20_000)
  for (let i = 0; i < 40; i++) romeo.send(chat(`${i} ${text}`))
  await romeo.all()
  const juliet = await managed(server, 'juliet')
  juliet.client.send("<iq type='set' id='q'><query xmlns='urn:xmpp:mam:2'/></iq>")
  const came = await juliet.all()
  assert.equal(came.filter((one) => one.child('result', 'urn:xmpp:mam:2') !== undefined).length, 40)
  const fins = came.flatMap((one) => one.child('fin', 'urn:xmpp:mam:2')?.attr('complete') ?? [])
  assert.deepEqual(fins, ['true'])
})

test('a page has so many bytes at most, and the next begins where it ended', async () => {
  await using server = await memoryServer({ limits: { burstBytes: 100_000_000 } })
  const juliet = await server.login('juliet')
  const text = 'x'.repeat(200_000)
  for (let i = 0; i < 25; i++) juliet.send(chat(`${i} ${text}`, 'romeo@localhost'))
  await juliet.all()
  for (const way of ['after', 'before'] as const) {
    const pages = await walk(juliet, way, 100)
    assert.ok(pages.length === 3 && pages.every((page) => page.bodies.length < 11))
    if (way === 'before') pages.reverse()
    assert.deepEqual(
      pages.flatMap((page) => page.bodies.map((body) => body.split(' ')[0])),
      numbers(0, 25),
    )
    assert.deepEqual(
      pages.map((page) => Number(page.index)),
      pages.map((_, at) => pages.slice(0, at).reduce((sum, { bodies }) => sum + bodies.length, 0)),
    )
  }
})

test('a client that leaves in the middle of a page leaves nothing behind', async () => {
  await using server = await memoryServer({ limits: { burstBytes: 10_000_000 } })
  const juliet = await server.login('juliet')
  const text = 'x'.repeat(20_000)
  for (let i = 0; i < 60; i++) juliet.send(chat(`${i} ${text}`, 'romeo@localhost'))
  await juliet.all()
  juliet.send("<iq type='set' id='q'><query xmlns='urn:xmpp:mam:2'/></iq>")
  juliet.destroy()
  await juliet.closed()
  await turns(20)
  const again = await server.login('juliet')
  assert.equal((await read(again)).bodies.length, 50)
})

test('storage that fails is told, and nothing is made up', async () => {
  await using server = await memoryServer()
  const { juliet } = await filled(server, 1)
  const { archive } = server.stores
  const page = archive.page.bind(archive)
  archive.page = () => Promise.reject(new Error('the disk is gone'))
  assert.equal((await read(juliet)).error, 'internal-server-error')
  archive.page = page
  assert.deepEqual((await read(juliet)).bodies, ['0'])
  archive.append = () => Promise.reject(new Error('the disk is full'))
  juliet.send(chat('lost?', 'romeo@localhost'))
  assert.equal(conditionOf((await juliet.messages())[0]), 'internal-server-error')
})
