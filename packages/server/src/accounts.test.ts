import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SaslCrypto } from '@rookery/protocol/sasl'
import type { HostStorage } from '@rookery/storage'
import { createMemoryStorage } from '@rookery/storage/memory'
import { Accounts, type AccountsOptions } from './accounts.ts'
import { createCrypto, OverloadedError } from './crypto.ts'

/** Accounts on a storage, with counts of password hashes and of reads. */
async function setUp(options: Partial<AccountsOptions> = {}, storage = createMemoryStorage()) {
  await storage.open()
  const stores: HostStorage = storage.host('localhost')
  const counts = { hashes: 0, reads: 0 }
  const real = createCrypto()
  const crypto: SaslCrypto = {
    ...real,
    pbkdf2: (...given) => {
      counts.hashes++
      return real.pbkdf2(...given)
    },
  }
  const counted = new Proxy(stores.accounts, {
    get: (target, key) => {
      if (key === 'get') counts.reads++
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const accounts = new Accounts(
    counted,
    crypto,
    { hashes: ['SHA-256'], iterations: 4096, rememberPlain: true, ...options },
    () => 1234,
  )
  await accounts.start(stores.documents)
  return { accounts, counts, storage, stores }
}

describe('accounts', () => {
  test('are created once', async () => {
    const { accounts, stores } = await setUp()
    assert.equal(await accounts.exists('romeo'), false)
    assert.equal(await accounts.create('romeo', 'secret'), true)
    assert.equal(await accounts.create('romeo', 'other'), false)
    assert.equal(await accounts.verifyPlain('romeo', 'secret'), true)
    assert.equal((await stores.accounts.get('romeo'))?.created, 1234)
    const twice = await Promise.all([accounts.create('juliet', 'a'), accounts.create('juliet', 'b')])
    assert.deepEqual(twice.toSorted(), [false, true])
    const right = twice[0] ? 'a' : 'b'
    assert.equal(await accounts.verifyPlain('juliet', right), true)
    assert.equal(await accounts.verifyPlain('juliet', right === 'a' ? 'b' : 'a'), false)
  })

  test('keep of a password only keys, each with a salt of its own', async () => {
    const { accounts, stores } = await setUp({ hashes: ['SHA-1', 'SHA-256', 'SHA-512'] })
    await accounts.create('romeo', 'a long secret')
    await accounts.create('juliet', 'a long secret')
    const both = [await stores.accounts.get('romeo'), await stores.accounts.get('juliet')]
    const credentials = both.flatMap((account) => account?.credentials ?? [])
    assert.equal(credentials.length, 6)
    assert.equal(new Set(credentials.map(({ salt }) => Buffer.from(salt).toString('hex'))).size, 6)
    for (const { storedKey, serverKey, salt } of credentials)
      for (const bytes of [storedKey, serverKey, salt]) assert.ok(!Buffer.from(bytes).includes('secret'))
  })

  test('are read once, whether they exist or not', async () => {
    const { storage } = await setUp()
    await storage.host('localhost').accounts.create({ local: 'romeo', created: 0, credentials: [] })
    const { accounts, counts } = await setUp({}, storage)
    for (let i = 0; i < 3; i++) {
      assert.equal(await accounts.exists('romeo'), true)
      assert.equal(await accounts.exists('nobody'), false)
    }
    assert.equal(counts.reads, 2)
    // and from then on nobody waits
    assert.equal(accounts.exists('romeo'), true)
    assert.equal(accounts.exists('nobody'), false)
    assert.equal(await accounts.create('nobody', 'secret'), true)
    assert.equal(await accounts.exists('nobody'), true)
  })

  test('that are removed are gone, with their passwords', async () => {
    const { accounts } = await setUp()
    await accounts.create('romeo', 'secret')
    assert.equal(await accounts.remove('romeo'), true)
    assert.equal(await accounts.remove('romeo'), false)
    assert.equal(await accounts.exists('romeo'), false)
    assert.equal(await accounts.verifyPlain('romeo', 'secret'), false)
    assert.equal(await accounts.setPassword('romeo', 'secret'), false)
    assert.equal(await accounts.create('romeo', 'other'), true)
    assert.equal(await accounts.verifyPlain('romeo', 'secret'), false)
  })

  test('refuse a password that nobody could type', async () => {
    const { accounts } = await setUp()
    for (const password of ['', '\u0007']) await assert.rejects(accounts.create('romeo', password), RangeError)
    assert.equal(await accounts.exists('romeo'), false)
  })
})

describe('PLAIN', () => {
  test('is cheap after the first time', async () => {
    const { accounts, counts, storage } = await setUp()
    await accounts.create('romeo', 'secret')
    const later = await setUp({}, storage)
    assert.equal(await later.accounts.verifyPlain('romeo', 'secret'), true)
    assert.equal(later.counts.hashes, 1)
    assert.equal(await later.accounts.verifyPlain('romeo', 'secret'), true)
    assert.equal(later.counts.hashes, 1)
    // a wrong one costs as ever, and is not remembered
    for (let i = 0; i < 2; i++) assert.equal(await later.accounts.verifyPlain('romeo', 'wrong'), false)
    assert.equal(later.counts.hashes, 3)
    assert.equal(await later.accounts.verifyPlain('romeo', 'secret'), true)
    assert.equal(later.counts.hashes, 3)
    assert.ok(counts.hashes > 0)
  })

  test('costs the same for a name that there is not', async () => {
    const { accounts, counts } = await setUp()
    assert.equal(await accounts.verifyPlain('nobody', 'secret'), false)
    assert.equal(counts.hashes, 1)
  })

  test('is forgotten when the password changes', async () => {
    const { accounts } = await setUp()
    await accounts.create('romeo', 'old')
    assert.equal(await accounts.verifyPlain('romeo', 'old'), true)
    assert.equal(await accounts.setPassword('romeo', 'new'), true)
    assert.equal(await accounts.verifyPlain('romeo', 'old'), false)
    assert.equal(await accounts.verifyPlain('romeo', 'new'), true)
  })

  test('a password that is being proved while it changes is not remembered', async () => {
    const { accounts, storage } = await setUp()
    await accounts.create('romeo', 'old')
    const later = (await setUp({}, storage)).accounts
    const proving = later.verifyPlain('romeo', 'old')
    await later.setPassword('romeo', 'new')
    await proving
    assert.equal(await later.verifyPlain('romeo', 'old'), false)
    assert.equal(await later.verifyPlain('romeo', 'new'), true)
  })

  test('is never remembered where that is turned off', async () => {
    const { accounts, counts } = await setUp({ rememberPlain: false })
    await accounts.create('romeo', 'secret')
    counts.hashes = 0
    for (let i = 0; i < 2; i++) assert.equal(await accounts.verifyPlain('romeo', 'secret'), true)
    assert.equal(counts.hashes, 2)
  })

  test('too many at once are told so', async () => {
    const storage = createMemoryStorage()
    await storage.open()
    const stores = storage.host('localhost')
    const crypto = createCrypto({ parallel: 1, queue: 1 })
    const options: AccountsOptions = { hashes: ['SHA-256'], iterations: 4096, rememberPlain: true }
    const accounts = new Accounts(stores.accounts, crypto, options, () => 0)
    await accounts.start(stores.documents)
    const results = await Promise.allSettled([1, 2, 3, 4].map(async (n) => accounts.verifyPlain(`user${n}`, 'x')))
    const refused = results.filter((result) => result.status === 'rejected')
    assert.equal(refused.length, 2)
    for (const { reason } of refused) assert.ok(reason instanceof OverloadedError)
    assert.equal(await accounts.verifyPlain('user5', 'x'), false)
  })
})

describe('keys of names that there are not (S38)', () => {
  const shape = (keys: { salt: Uint8Array; iterations: number; storedKey: Uint8Array; serverKey: Uint8Array }) => [
    keys.salt.length,
    keys.iterations,
    keys.storedKey.length,
    keys.serverKey.length,
  ]
  const salt = (keys: { salt: Uint8Array }): string => Buffer.from(keys.salt).toString('hex')

  test('look like those of names that there are', async () => {
    const { accounts } = await setUp({ hashes: ['SHA-1', 'SHA-256', 'SHA-512'] })
    await accounts.create('romeo', 'secret')
    for (const hash of ['SHA-1', 'SHA-256', 'SHA-512'] as const)
      assert.deepEqual(shape(await accounts.scramKeys('nobody', hash)), shape(await accounts.scramKeys('romeo', hash)))
  })

  test('stay the same, also after a restart, and differ by name and hash', async () => {
    const { accounts, storage } = await setUp()
    const first = salt(await accounts.scramKeys('nobody', 'SHA-256'))
    assert.equal(salt(await accounts.scramKeys('nobody', 'SHA-256')), first)
    const restarted = (await setUp({}, storage)).accounts
    assert.equal(salt(await restarted.scramKeys('nobody', 'SHA-256')), first)
    assert.notEqual(salt(await accounts.scramKeys('somebody', 'SHA-256')), first)
    assert.notEqual(salt(await accounts.scramKeys('nobody', 'SHA-1')), first)
    const elsewhere = (await setUp()).accounts
    assert.notEqual(salt(await elsewhere.scramKeys('nobody', 'SHA-256')), first)
  })

  test('are those of an account for a hash that it has no keys of', async () => {
    const { accounts } = await setUp({ hashes: ['SHA-256'] })
    await accounts.create('romeo', 'secret')
    assert.equal((await accounts.scramKeys('romeo', 'SHA-512')).storedKey.length, 64)
  })
})

describe('hashes that were configured later', () => {
  async function oldAccount(later: AccountsOptions['hashes']) {
    const { accounts, storage } = await setUp({ hashes: ['SHA-1'] })
    await accounts.create('romeo', 'secret')
    return setUp({ hashes: later }, storage)
  }

  test('are missing from accounts that are older, and in those that are newer', async () => {
    const { accounts } = await oldAccount(['SHA-1', 'SHA-256'])
    assert.deepEqual(accounts.upgradable, ['SHA-256'])
    assert.deepEqual(accounts.hashesFor(undefined), ['SHA-1'])
    await accounts.prepare('romeo')
    assert.deepEqual(accounts.hashesFor('romeo'), ['SHA-1'])
    await accounts.create('juliet', 'secret')
    await accounts.prepare('juliet')
    assert.deepEqual(accounts.hashesFor('juliet'), ['SHA-1', 'SHA-256'])
    assert.deepEqual(await accounts.missing('romeo', ['SHA-1', 'SHA-256']), ['SHA-256'])
    assert.deepEqual(await accounts.missing('nobody', ['SHA-1', 'SHA-256']), [])
  })

  test('are all that is left: then all are offered', async () => {
    const { accounts } = await oldAccount(['SHA-256'])
    assert.deepEqual(accounts.hashesFor(undefined), ['SHA-256'])
    // and PLAIN goes by the keys there are
    assert.equal(await accounts.verifyPlain('romeo', 'wrong'), false)
    assert.equal(await accounts.verifyPlain('romeo', 'secret'), true)
    for (let i = 0; i < 1000 && (await accounts.missing('romeo', ['SHA-256'])).length > 0; i++)
      await new Promise((resolve) => setImmediate(resolve))
    await accounts.prepare('romeo')
    assert.deepEqual(await accounts.missing('romeo', ['SHA-256']), [])
  })

  test('are added once, and not to a password that has changed meanwhile [S46]', async () => {
    const { accounts, stores } = await oldAccount(['SHA-1', 'SHA-256'])
    const before = await accounts.generation('romeo')
    const era = accounts.era('romeo')
    const salt = accounts.newSalt()
    assert.equal(await accounts.upgrade('romeo', 'SHA-256', new Uint8Array(31), salt), false)
    assert.equal(await accounts.upgrade('romeo', 'SHA-512', new Uint8Array(64), salt), false)
    assert.equal(await accounts.upgrade('nobody', 'SHA-256', new Uint8Array(32), salt), false)
    const twice = await Promise.all([1, 2].map(() => accounts.upgrade('romeo', 'SHA-256', new Uint8Array(32), salt)))
    assert.ok(twice.includes(true))
    assert.equal((await stores.accounts.get('romeo'))?.credentials.length, 2)
    // the same password: whoever is logged in stays
    assert.equal(await accounts.generation('romeo'), before)
    assert.equal(accounts.era('romeo'), era)
    const racing = accounts.upgrade('romeo', 'SHA-256', new Uint8Array(32), salt)
    await accounts.setPassword('romeo', 'another')
    await racing
    assert.notEqual(await accounts.generation('romeo'), before)
    assert.equal(await accounts.verifyPlain('romeo', 'another'), true)
  })
})
