/**
 * The accounts of one host: who exists, and what proves a password. Passwords are kept only as SCRAM keys (RFC 5802).
 * What was read from storage stays in memory, bounded; the one process that runs on a storage makes that safe.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
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

export class Accounts {
  readonly #store: AccountStore
  readonly #crypto: SaslCrypto
  readonly #options: AccountsOptions
  readonly #now: () => number
  /** Who exists is asked with every message; the keys only at login. */
  readonly #existing = new RecentMap<string, boolean>(100_000)
  readonly #accounts = new RecentMap<string, Account>(500)
  /** HMAC of the password that was right last time, under a key of this process. */
  readonly #plain = new RecentMap<string, Uint8Array>(20_000)
  readonly #processKey = randomBytes(32)
  #secret: Uint8Array = randomBytes(32)

  constructor(store: AccountStore, crypto: SaslCrypto, options: AccountsOptions, now: () => number) {
    this.#store = store
    this.#crypto = crypto
    this.#options = options
    this.#now = now
  }

  /** Reads (or makes) the secret that keeps fake salts the same over restarts. */
  async start(documents: DocumentStore): Promise<void> {
    const kept = await documents.get('', secretKey)
    if (kept !== undefined) this.#secret = Buffer.from(kept, 'base64')
    else await documents.put('', secretKey, Buffer.from(this.#secret).toString('base64'))
  }

  get(local: string): Maybe<Account | undefined> {
    const known = this.#accounts.get(local)
    if (known !== undefined) return known
    if (this.#existing.get(local) === false) return undefined
    return this.#store.get(local).then((account) => {
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
    const created = await this.#store.create(account)
    this.#forget(local)
    if (created) {
      this.#existing.set(local, true)
      this.#accounts.set(local, account)
      this.#remember(local, password)
    }
    return created
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
    return then(this.get(local), (account) => {
      const kept = account?.credentials.find((credential) => credential.mechanism === `SCRAM-${hash}`)
      if (kept !== undefined) return { ...kept, hash }
      const fake = (what: string): Buffer =>
        createHmac('sha512', this.#secret).update(`${hash}\0${what}\0${local}`).digest()
      const length = hash === 'SHA-1' ? 20 : hash === 'SHA-256' ? 32 : 64
      return {
        hash,
        salt: fake('salt').subarray(0, saltLength),
        iterations: this.#options.iterations,
        storedKey: fake('stored').subarray(0, length),
        serverKey: fake('server').subarray(0, length),
      }
    })
  }

  /** The password is prepared (OpaqueString). Costs a full key derivation, for unknown names too. */
  verifyPlain(local: string, password: string): Maybe<boolean> {
    const remembered = this.#plain.get(local)
    if (remembered !== undefined && timingSafeEqual(remembered, this.#mark(local, password))) return true
    const hash = this.#options.hashes[0]!
    return then(this.scramKeys(local, hash), (kept) =>
      then(deriveScramKeys(this.#crypto, hash, password, kept.salt, kept.iterations), (given) => {
        const right = this.#crypto.equal(given.storedKey, kept.storedKey)
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

  #mark(local: string, password: string): Uint8Array {
    return createHmac('sha256', this.#processKey).update(`${local}\0${password}`).digest()
  }

  #forget(local: string): void {
    this.#existing.delete(local)
    this.#accounts.delete(local)
    this.#plain.delete(local)
  }
}

const saltLength = 16
