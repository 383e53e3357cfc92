import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Book, type ClientRecord, emptyBook, readBook, type Token, writeBook } from './record.ts'
import { give, hasAccess, isDue, isGood, provable, underPassword, use, withClient, withoutForgotten } from './tokens.ts'

const token = (secret: string, changes: Partial<Token> = {}): Token => ({
  secret,
  mechanism: 'M',
  issued: 0,
  expires: 1000,
  ...changes,
})
const client = (changes: Partial<ClientRecord> = {}): ClientRecord => ({
  id: 'a',
  firstSeen: 0,
  lastSeen: 0,
  ...changes,
})
const nobody = (): boolean => false

describe('the two tokens of a client', () => {
  test('can both be proved, by their mechanism alone, the newer one first', () => {
    const record = client({ current: token('old'), fresh: token('new') })
    assert.deepEqual(
      provable(record, 'M', 1).map(({ secret }) => secret),
      ['new', 'old'],
    )
    assert.deepEqual(provable(record, 'other', 1), [])
    assert.deepEqual(provable(undefined, 'M', 1), [])
  })

  test('are known when they have expired, and not good', () => {
    const record = client({ current: token('old'), fresh: token('new', { isDead: true }) })
    assert.deepEqual(
      provable(record, 'M', 1000).map(({ isExpired }) => isExpired),
      [true, true],
    )
    assert.equal(use(record, { secret: 'old' }, 1000), undefined)
    assert.equal(use(record, { secret: 'new' }, 1), undefined)
    assert.equal(use(record, { secret: 'another' }, 1), undefined)
    assert.equal(isGood(undefined, 0), false)
  })

  test('become one when the newer is used; using the older changes nothing', () => {
    const record = client({ current: token('old'), fresh: token('new') })
    assert.deepEqual(use(record, { secret: 'old' }, 1), record)
    const after = use(record, { secret: 'new' }, 1)!
    assert.deepEqual(after, client({ current: token('new') }))
    assert.equal(use(after, { secret: 'old' }, 1), undefined)
  })

  test('count for themselves', () => {
    const record = client({ current: token('old', { count: 5 }), fresh: token('new') })
    assert.equal(use(record, { secret: 'old', count: 5 }, 1), undefined)
    assert.equal(use(record, { secret: 'old', count: 6 }, 1)?.current?.count, 6)
    assert.equal(use(record, { secret: 'old' }, 1)?.current?.count, 5)
    assert.equal(use(record, { secret: 'new', count: 0 }, 1)?.current?.count, 0)
  })

  test('one that is given away and not used is replaced by the next', () => {
    const record = give(give(client({ current: token('old') }), token('lost')), token('new'))
    assert.equal(record.fresh?.secret, 'new')
    assert.equal(record.current?.secret, 'old')
  })

  test('are due by the age of the one in use', () => {
    assert.equal(isDue(client({ current: token('x', { issued: 10 }) }), 29, 20), false)
    assert.equal(isDue(client({ current: token('x', { issued: 10 }) }), 30, 20), true)
    assert.equal(isDue(client({ current: token('x', { isDead: true }) }), 500, 20), false)
    assert.equal(isDue(client({ fresh: token('x') }), 500, 20), false)
  })

  test('are due when half of their time is over, before the one in use ends', () => {
    const short = client({ current: token('x', { issued: 10, expires: 30 }) })
    assert.equal(isDue(short, 19, 20), false)
    assert.equal(isDue(short, 20, 20), true)
  })
})

describe('a book of clients', () => {
  const book: Book = {
    generation: 'one',
    clients: new Map(
      [
        client({ id: 'a', password: true, current: token('t') }),
        client({ id: 'b', certificate: true, lastSeen: 50 }),
        client({ id: 'c', lastSeen: 80, software: 'Lute', resource: 'r' }),
      ].map((record) => [record.id, record]),
    ),
  }

  test('reads as it was written, and as empty where it is torn', () => {
    assert.deepEqual(readBook(writeBook(book)), book)
    for (const text of [undefined, '', '{', 'null', '[]', '{"clients":{}}']) assert.equal(readBook(text), emptyBook)
  })

  test('under another password nobody knows it, and no token is good; a certificate is', () => {
    assert.equal(underPassword(book, 'one'), book)
    const after = underPassword(book, 'two')
    assert.deepEqual(
      [...after.clients.values()].map((record) => hasAccess(record, 1)),
      [false, true, false],
    )
    assert.equal(after.clients.get('c')?.software, 'Lute')
  })

  test('forgets those who were not seen, unless they are here', () => {
    assert.equal(withoutForgotten(book, 0, nobody), book)
    assert.deepEqual([...withoutForgotten(book, 60, nobody).clients.keys()], ['c'])
    assert.deepEqual([...withoutForgotten(book, 60, (id) => id === 'a').clients.keys()], ['a', 'c'])
  })

  test('has so many; the one not seen for longest goes, those who are here last', () => {
    const added = client({ id: 'd', lastSeen: 0 })
    assert.deepEqual([...withClient(book, added, 3, nobody).clients.keys()], ['b', 'c', 'd'])
    assert.deepEqual([...withClient(book, added, 3, (id) => id === 'a').clients.keys()], ['a', 'c', 'd'])
    assert.deepEqual([...withClient(book, added, 1, () => true).clients.keys()], ['d'])
  })
})
