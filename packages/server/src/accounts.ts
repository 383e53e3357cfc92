/**
 * The accounts of one host: who exists, and what proves a password. Passwords are kept only as SCRAM keys (RFC 5802).
 * What was read from storage stays in memory, bounded; the one process that runs on a storage makes that safe.
 */
import { createHmac, hash as digest, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Maybe, then } from '@rookery/protocol'
import { prepareOpaque } from '@rookery/protocol/precis'
import {
  deriveScramKeys,
  type HashName,
  hashLength,
  type SaslCrypto,
  type ScramKeys,
  scramKeysOf,
} from '@rookery/protocol/sasl'
import { type Account, type AccountStore, type Credential, type DocumentStore, RecentMap } from '@rookery/storage'

export interface AccountsOptions {
  hashes: readonly HashName[]
  iterations: number
  rememberPlain: boolean
}

/** Where the secret lies from which fake keys for unknown names are made. */
const secretKey = 'auth:unknown-names'
/** And the iteration counts that were ever in use: unknown names have them, too. */
const countsKey = 'auth:iterations'
/** And the hashes that every account has keys of. */
const hashesKey = 'auth:hashes'

export class Accounts {
  readonly #store: AccountStore
  readonly #crypto: SaslCrypto
  readonly #options: AccountsOptions
  readonly #now: () => number
  /** Who exists is asked with every message; the keys only at login. */
  readonly #existing = new RecentMap<string, boolean>(100_000)
  readonly #accounts = new RecentMap<string, Account>(500)
  /** HMAC of the password that was right last time, under a key of this process. */
  readonly #plain = new RecentMap<string, string>(20_000)
  readonly #processKey = randomBytes(32).toString('base64')
  #secret: Uint8Array = randomBytes(32)
  #counts: readonly number[]
  /** Hashes of the configuration that every account has keys of; of the others only some have. */
  #complete: readonly HashName[]
  readonly #eras = new RecentMap<string, number>(100_000)
  #changes = 0

  constructor(store: AccountStore, crypto: SaslCrypto, options: AccountsOptions, now: () => number) {
    this.#store = store
    this.#crypto = crypto
    this.#options = options
    this.#now = now
    this.#counts = [options.iterations]
    this.#complete = options.hashes
  }

  /** Reads (or makes) the secret that keeps fake salts the same over restarts. */
  async start(documents: DocumentStore): Promise<void> {
    const kept = await documents.get('', secretKey)
    if (kept !== undefined) this.#secret = Buffer.from(kept, 'base64')
    else await documents.put('', secretKey, Buffer.from(this.#secret).toString('base64'))
    const counts = (await documents.get('', countsKey))?.split(' ').map(Number) ?? []
    this.#counts = [...new Set([...counts, this.#options.iterations])]
    if (this.#counts.length > counts.length) await documents.put('', countsKey, this.#counts.join(' '))
    await this.#startHashes(documents)
  }

  /** A hash that was not configured all the time since the first account was made is one that some have no keys of. */
  async #startHashes(documents: DocumentStore): Promise<void> {
    const { hashes } = this.#options
    const kept = (await documents.get('', hashesKey))?.split(' ')
    if (kept !== undefined) this.#complete = hashes.filter((hash) => kept.includes(hash))
    else this.#complete = (await this.#store.count()) === 0 ? hashes : []
    const now = this.#complete.join(' ')
    if (now !== kept?.join(' ')) await documents.put('', hashesKey, now)
  }

  /** The configured hashes that some accounts have no keys of. [XEP-0480 2.1] */
  get upgradable(): readonly HashName[] {
    return this.#options.hashes.filter((hash) => !this.#complete.includes(hash))
  }

  /** To be waited for before `hashesFor` is asked about somebody. */
  prepare(local: string): Maybe<unknown> {
    return this.#complete.length === this.#options.hashes.length ? undefined : this.get(local)
  }

  /**
   * The hashes by which an account can log in, those of all accounts where no name is given. Some unknown names have them all, as an account does
   * that was made lately, some only the old ones. [XEP-0388 2.1, S38]
   */
  hashesFor(local: string | undefined): readonly HashName[] {
    const { hashes } = this.#options
    if (this.#complete.length === hashes.length) return hashes
    const account = local === undefined ? undefined : this.#accounts.get(local)
    const isOld =
      local === undefined ||
      (account === undefined && createHmac('sha512', this.#secret).update(`hashes\0${local}`).digest()[0]! < 128)
    const has = (hash: HashName): boolean =>
      this.#complete.includes(hash) || (account === undefined ? !isOld : keysIn(account, hash) !== undefined)
    const usable = hashes.filter(has)
    return usable.length > 0 ? usable : hashes
  }

  /** Another value after every change of the password: what was given to whoever proved the old one is worth nothing after. [S52] */
  generation(local: string): Maybe<string> {
    return then(this.get(local), (account) => {
      const first = account?.credentials[0]
      return first === undefined ? '' : digest('sha256', Buffer.concat([first.salt, first.storedKey]), 'base64')
    })
  }

  /** The hashes of these that the account has no keys of. */
  missing(local: string, hashes: readonly HashName[]): Maybe<readonly HashName[]> {
    return then(this.get(local), (account) =>
      account === undefined ? [] : hashes.filter((hash) => keysIn(account, hash) === undefined),
    )
  }

  /** What a client needs to make keys of a hash that the account has none of. [XEP-0480 3] */
  newSalt(): { readonly salt: Uint8Array; readonly iterations: number } {
    return { salt: this.#crypto.random(saltLength), iterations: this.#options.iterations }
  }

  /** Adds keys beside those that the account has. False: the password has changed meanwhile, or the hash is not one. [XEP-0480 3] */
  async upgrade(
    local: string,
    hash: HashName,
    salted: Uint8Array,
    { salt, iterations }: { readonly salt: Uint8Array; readonly iterations: number },
  ): Promise<boolean> {
    if (salted.length !== hashLength[hash] || !this.#options.hashes.includes(hash)) return false
    return this.#addKeys(local, this.era(local), [await scramKeysOf(this.#crypto, hash, salted, salt, iterations)])
  }

  async #addKeys(local: string, era: number, keys: readonly ScramKeys[]): Promise<boolean> {
    const account = await this.get(local)
    const added = keys.filter(({ hash }) => account !== undefined && keysIn(account, hash) === undefined)
    if (account === undefined || this.era(local) !== era) return false
    if (added.length === 0) return true
    const credentials = [...account.credentials, ...added.map(credentialOf)]
    if (!(await this.#store.setCredentials(local, credentials, account.credentials))) {
      if (this.era(local) === era) this.#accounts.delete(local) // what was read is not what is there
      return false
    }
    // whoever is logging in meanwhile goes on: the keys there were are still good
    if (this.era(local) === era) this.#accounts.set(local, { ...account, credentials })
    return true
  }

  /** Whoever shows the password gives the keys of every hash. */
  async #complement(local: string, era: number, password: string): Promise<void> {
    const hashes = await this.missing(local, this.#options.hashes)
    if (hashes.length > 0) await this.#addKeys(local, era, await this.#keysOf(password, hashes))
  }

  /** Another number after every change of a password and every removal: what was read or proved before is worth nothing after. [S46, S52] */
  era(local: string): number {
    return this.#eras.get(local) ?? 0
  }

  get(local: string): Maybe<Account | undefined> {
    const known = this.#accounts.get(local)
    if (known !== undefined) return known
    if (this.#existing.get(local) === false) return undefined
    const era = this.era(local)
    return this.#store.get(local).then((account) => {
      if (this.era(local) !== era) return account
      this.#existing.set(local, account !== undefined)
      if (account !== undefined) this.#accounts.set(local, account)
      return account
    })
  }

  exists(local: string): Maybe<boolean> {
    const known = this.#existing.get(local)
    if (known !== undefined) return known
    return then(this.get(local), (account) => account !== undefined)
  }

  async create(local: string, password: string): Promise<boolean> {
    if ((await this.exists(local)) === true) return false
    const credentials = await this.#derive(password)
    const account: Account = { local, created: this.#now(), credentials }
    if (!(await this.#store.create(account))) return false
    this.#forget(local)
    this.#existing.set(local, true)
    this.#accounts.set(local, account)
    this.#remember(local, password)
    return true
  }

  async setPassword(local: string, password: string): Promise<boolean> {
    const credentials = await this.#derive(password)
    const changed = await this.#store.setCredentials(local, credentials)
    this.#forget(local)
    return changed
  }

  async remove(local: string): Promise<boolean> {
    const removed = await this.#store.remove(local)
    this.#forget(local)
    return removed
  }

  list(after: string | undefined, limit: number): Promise<string[]> {
    return this.#store.list({ after, limit })
  }

  /**
   * The keys SCRAM needs. A name without an account gets keys that no password fits, always the same ones, so that
   * nothing tells it from a real one. [RFC5802 9, S38]
   */
  scramKeys(local: string, hash: HashName): Maybe<ScramKeys> {
    const unknown = this.#fakeKeys(local, hash) // in any case: it must not show in the time it takes
    return then(this.get(local), (account) => (account && keysIn(account, hash)) ?? unknown)
  }

  #fakeKeys(local: string, hash: HashName): ScramKeys {
    const fake = (what: string): Buffer =>
      createHmac('sha512', this.#secret).update(`${hash}\0${what}\0${local}`).digest()
    const length = hash === 'SHA-1' ? 20 : hash === 'SHA-256' ? 32 : 64
    return {
      hash,
      salt: fake('salt').subarray(0, saltLength),
      iterations: this.#fakeIterations(local),
      storedKey: fake('stored').subarray(0, length),
      serverKey: fake('server').subarray(0, length),
    }
  }

  /** One of the counts that accounts have, old ones and new ones; a new count takes its share of the names, the others keep theirs. [S38] */
  #fakeIterations(local: string): number {
    if (this.#counts.length === 1) return this.#counts[0]!
    const rank = (count: number): string =>
      createHmac('sha512', this.#secret).update(`iterations\0${count}\0${local}`).digest('hex')
    return this.#counts.reduce((best, count) => (rank(count) > rank(best) ? count : best))
  }

  /** The password is prepared (OpaqueString). Costs a full key derivation, for unknown names too. */
  verifyPlain(local: string, password: string): Maybe<boolean> {
    const remembered = this.#plain.get(local)
    // a name with nothing remembered, such as an unknown one, takes as long [S38]
    if (this.#options.rememberPlain) {
      const mark = this.#mark(local, password)
      if (sameMark(remembered ?? noMark, mark) && remembered !== undefined) return true
    }
    const era = this.era(local)
    return then(this.#plainKeys(local), (kept) =>
      then(deriveScramKeys(this.#crypto, kept.hash, password, kept.salt, kept.iterations), (given) => {
        const right = this.#crypto.equal(given.storedKey, kept.storedKey) && this.era(local) === era
        if (right) this.#remember(local, password)
        // nobody waits for it, and if it fails the next login tries again
        if (right && this.upgradable.length > 0) this.#complement(local, era, password).catch(() => undefined)
        return right
      }),
    )
  }

  /** Keys of the first hash; an account that is older than that has others. */
  #plainKeys(local: string): Maybe<ScramKeys> {
    const first = this.#options.hashes[0]!
    return then(this.scramKeys(local, first), (kept) =>
      then(this.get(local), (account) => {
        if (account === undefined || keysIn(account, first) !== undefined) return kept
        const other = (['SHA-512', 'SHA-256', 'SHA-1'] as const).find((hash) => keysIn(account, hash) !== undefined)
        return other === undefined ? kept : keysIn(account, other)!
      }),
    )
  }

  async #derive(password: string): Promise<Credential[]> {
    const prepared = prepareOpaque(password)
    if (prepared === undefined)
      throw new RangeError('the password is empty or has characters that passwords cannot have')
    return (await this.#keysOf(prepared, this.#options.hashes)).map(credentialOf)
  }

  #keysOf(prepared: string, hashes: readonly HashName[]): Promise<ScramKeys[]> {
    const { iterations } = this.#options
    const salt = (): Uint8Array => this.#crypto.random(saltLength)
    return Promise.all(hashes.map((hash) => deriveScramKeys(this.#crypto, hash, prepared, salt(), iterations)))
  }

  #remember(local: string, password: string): void {
    if (this.#options.rememberPlain) this.#plain.set(local, this.#mark(local, password))
  }

  /**
   * Never leaves the process, so a hash with the key in front does what an HMAC would, at a fifth of the cost. A string
   * takes a third of the memory of the bytes.
   */
  #mark(local: string, password: string): string {
    return digest('sha512', `${this.#processKey}\0${local}\0${password}`, 'base64')
  }

  #forget(local: string): void {
    this.#existing.delete(local)
    this.#accounts.delete(local)
    this.#plain.delete(local)
    this.#eras.set(local, ++this.#changes)
  }
}

const saltLength = 16

function keysIn(account: Account, hash: HashName): ScramKeys | undefined {
  const kept = account.credentials.find((credential) => credential.mechanism === `SCRAM-${hash}`)
  return kept === undefined ? undefined : { ...kept, hash }
}

function credentialOf({ hash, salt, iterations, storedKey, serverKey }: ScramKeys): Credential {
  return { mechanism: `SCRAM-${hash}`, salt, iterations, storedKey, serverKey }
}

/** As long as a mark. */
const noMark = Buffer.alloc(64).toString('base64')

function sameMark(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
