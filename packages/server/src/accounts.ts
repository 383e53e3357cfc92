/**
 * The accounts of one host: who exists, and what proves a password. Passwords are kept only as SCRAM keys (RFC 5802).
 * What was read from storage stays in memory, bounded; the one process that runs on a storage makes that safe.
 */
import { createHmac, hash as digest, randomBytes, timingSafeEqual } from 'node:crypto'
import { type Maybe, then } from '@rookery/protocol'
import { prepareOpaque } from '@rookery/protocol/precis'
import { deriveScramKeys, type HashName, type SaslCrypto, type ScramKeys } from '@rookery/protocol/sasl'
import type { Account, AccountStore, Credential, DocumentStore } from '@rookery/storage'
import { RecentMap } from './recent-map.ts'

export interface AccountsOptions {
  hashes: readonly HashName[]
  iterations: number
  rememberPlain: boolean
}

/** Where the secret lies from which fake keys for unknown names are made. */
const secretKey = 'auth:unknown-names'
/** And the iteration counts that were ever in use: unknown names have them, too. */
const countsKey = 'auth:iterations'

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
  readonly #eras = new RecentMap<string, number>(100_000)
  #changes = 0

  constructor(store: AccountStore, crypto: SaslCrypto, options: AccountsOptions, now: () => number) {
    this.#store = store
    this.#crypto = crypto
    this.#options = options
    this.#now = now
    this.#counts = [options.iterations]
  }

  /** Reads (or makes) the secret that keeps fake salts the same over restarts. */
  async start(documents: DocumentStore): Promise<void> {
    const kept = await documents.get('', secretKey)
    if (kept !== undefined) this.#secret = Buffer.from(kept, 'base64')
    else await documents.put('', secretKey, Buffer.from(this.#secret).toString('base64'))
    const counts = (await documents.get('', countsKey))?.split(' ').map(Number) ?? []
    this.#counts = [...new Set([...counts, this.#options.iterations])]
    if (this.#counts.length > counts.length) await documents.put('', countsKey, this.#counts.join(' '))
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
    return then(this.get(local), (account) => {
      const kept = account?.credentials.find((credential) => credential.mechanism === `SCRAM-${hash}`)
      return kept === undefined ? unknown : { ...kept, hash }
    })
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
    const hash = this.#options.hashes[0]!
    const era = this.era(local)
    return then(this.scramKeys(local, hash), (kept) =>
      then(deriveScramKeys(this.#crypto, hash, password, kept.salt, kept.iterations), (given) => {
        const right = this.#crypto.equal(given.storedKey, kept.storedKey) && this.era(local) === era
        if (right) this.#remember(local, password)
        return right
      }),
    )
  }

  async #derive(password: string): Promise<Credential[]> {
    const prepared = prepareOpaque(password)
    if (prepared === undefined)
      throw new RangeError('the password is empty or has characters that passwords cannot have')
    const derived = this.#options.hashes.map(async (hash): Promise<Credential> => {
      const salt = this.#crypto.random(saltLength)
      const keys = await deriveScramKeys(this.#crypto, hash, prepared, salt, this.#options.iterations)
      const { storedKey, serverKey, iterations } = keys
      return { mechanism: `SCRAM-${hash}`, salt, iterations, storedKey, serverKey }
    })
    return Promise.all(derived)
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

/** As long as a mark. */
const noMark = Buffer.alloc(64).toString('base64')

function sameMark(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
