import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryStorage } from '@rookery/storage/memory'
import { Accounts } from '../accounts.ts'
import { serverSchema } from '../config/schema.ts'
import { createCrypto } from '../crypto.ts'
import { Access } from './access.ts'

const agent = { software: 'Lute' }

/** Clients on a storage, with counts of what is read and written. */
async function setUp(storage = createMemoryStorage()) {
  await storage.open()
  const stores = storage.host('localhost')
  const counts = { reads: 0, writes: 0 }
  const documents = new Proxy(stores.documents, {
    get(target, key) {
      if (key === 'get') counts.reads++
      if (key === 'put') counts.writes++
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const config = serverSchema.parse({ auth: { iterations: 4096, hashes: ['SHA-256'] } }).auth
  const accounts = new Accounts(stores.accounts, createCrypto(), config, () => 0)
  await accounts.start(stores.documents)
  let ids = 0
  const clock = { now: 1_000_000_000_000 }
  const access = new Access({
    documents,
    accounts,
    config,
    random: { id: () => `${++ids}`, bytes: (length) => createCrypto().random(length) },
    now: () => clock.now,
    isHere: () => false,
  })
  await access.start()
  counts.reads = 0
  counts.writes = 0
  return { access, accounts, clock, counts, storage }
}

const wish = { proof: 'password', agent, request: 'HT-SHA-256-NONE' } as const

test('ids and resources are the same after a restart, and nobody else has them', async () => {
  const { access, storage } = await setUp()
  const { access: later } = await setUp(storage)
  assert.equal(access.idOf('romeo', 'x'), later.idOf('romeo', 'x'))
  assert.equal(access.resourceOf('romeo', 'x', 'Lute'), later.resourceOf('romeo', 'x', 'Lute'))
  const names = [
    access.idOf('romeo', 'x'),
    access.idOf('juliet', 'x'),
    access.idOf('romeo', 'y'),
    access.idOfSession('romeo', 'x'),
    access.resourceOf('romeo', 'x', ''),
    (await setUp()).access.idOf('romeo', 'x'),
  ]
  assert.equal(new Set(names).size, names.length)
  for (const name of names) assert.match(name, /^[\w-]{16}$/)
})

test('a book is read once, also by many at a time, and all that they add is in it', async () => {
  const { access, accounts, counts, storage } = await setUp()
  await accounts.create('romeo', 'secret')
  const given = await Promise.all(Array.from({ length: 20 }, (_, i) => access.login('romeo', `client-${i}`, wish)))
  assert.equal(counts.reads, 1)
  assert.ok(given.every((each) => each !== 'refused' && each.token !== undefined))
  assert.equal((await access.list('romeo')).length, 20)
  const { access: later, accounts: laterAccounts } = await setUp(storage)
  assert.equal(await laterAccounts.exists('romeo'), true)
  assert.equal((await later.list('romeo')).length, 20)
})

test('a login that changes nothing is written down once in an hour', async () => {
  const { access, accounts, clock, counts } = await setUp()
  await accounts.create('romeo', 'secret')
  const login = () => access.login('romeo', 'a', { proof: 'password', agent })
  for (let i = 0; i < 3; i++) await login()
  assert.equal(counts.writes, 1)
  clock.now += 3_600_000
  await login()
  assert.equal(counts.writes, 2)
  const [client] = await access.list('romeo')
  assert.equal(client?.lastSeen, clock.now)
})

test('a password that is changed ends what is given at the same time [S46, S52]', async () => {
  const { access, accounts } = await setUp()
  await accounts.create('romeo', 'secret')
  const [given] = await Promise.all([access.login('romeo', 'a', wish), accounts.setPassword('romeo', 'another')])
  assert.ok(given !== 'refused' && given.token)
  const [known] = await access.tokens('romeo', 'a', 'HT-SHA-256-NONE')
  assert.equal(known?.isExpired ?? true, true)
})

test('what is revoked is there no more, and cannot be used', async () => {
  const { access, accounts } = await setUp()
  await accounts.create('romeo', 'secret')
  const given = await access.login('romeo', 'a', wish)
  assert.ok(given !== 'refused' && given.token)
  assert.equal((await access.revoke('romeo', 'a'))?.password, true)
  assert.equal(await access.revoke('romeo', 'b'), undefined)
  const use = { secret: given.token.secret }
  assert.equal(await access.login('romeo', 'a', { proof: 'token', agent, use }), 'refused')
  const [client] = await access.list('romeo')
  assert.equal(client?.hasToken, false)
  await access.login('romeo', 'a', { ...wish, proof: 'token', request: undefined })
  assert.equal((await access.list('romeo'))[0]?.hasToken, false)
})

test('a client is noted with its resource, one that is not known is not', async () => {
  const { access, accounts, clock, counts } = await setUp()
  await accounts.create('romeo', 'secret')
  await access.login('romeo', 'a', wish)
  await access.seen('romeo', 'a', 'Lute/x')
  await access.seen('romeo', 'a', 'Lute/x')
  await access.seen('romeo', 'b', 'Lute/y')
  assert.equal(counts.writes, 2)
  clock.now += 5000
  await access.seen('romeo', 'a', 'Lute/x')
  const [client, ...others] = await access.list('romeo')
  assert.deepEqual([client?.resource, client?.lastSeen, others.length], ['Lute/x', clock.now, 0])
})
