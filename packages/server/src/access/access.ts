/**
 * What has access to the accounts of one host: clients by the id they give themselves (XEP-0388 user agents), and the tokens they log in with (XEP-0484).
 * One document for each account. What a client calls itself by is never kept: only what a secret of the host makes of it.
 */
import { hash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { type Maybe, then } from '@rookery/protocol'
import type { StoredToken } from '@rookery/protocol/sasl'
import type { UserAgent } from '@rookery/protocol/xeps/sasl2'
import { type DocumentStore, RecentMap } from '@rookery/storage'
import type { Accounts } from '../accounts.ts'
import type { ServerConfig } from '../config/schema.ts'
import type { RandomPower } from '../powers.ts'
import { type Book, type ClientRecord, readBook, type Token, writeBook } from './record.ts'
import {
  give,
  hasAccess,
  isDue,
  isGood,
  provable,
  type TokenUse,
  underPassword,
  use,
  withClient,
  withoutAccess,
  withoutForgotten,
} from './tokens.ts'

export interface AccessParts {
  readonly documents: DocumentStore
  readonly accounts: Accounts
  readonly config: ServerConfig['auth']
  readonly random: RandomPower
  now(): number
  /** Whether a client has a session. */
  isHere(local: string, id: string): boolean
}

/** How somebody has logged in. */
export type Proof = 'password' | 'certificate' | 'token' | 'nothing'

export interface ClientLogin {
  readonly proof: Proof
  readonly agent: UserAgent
  /** The token that was proved. */
  readonly use?: TokenUse | undefined
  /** A token is wanted for this mechanism. */
  readonly request?: string | undefined
}

/** What the client is given. */
export interface Given {
  readonly token?: Token | undefined
}

/** A client as its owner sees it. */
export interface KnownClient extends ClientRecord {
  readonly hasToken: boolean
}

const documentKey = 'auth:clients'
const secretKey = 'auth:client-ids'
const day = 86_400_000
/** A login that changes nothing else is written down after this time only. */
const seenEvery = 3_600_000
const longestName = 100

interface Kept {
  readonly era: number
  book: Book
}

export class Access {
  readonly #parts: AccessParts
  readonly #books = new RecentMap<string, Kept>(5000)
  /** Reads under way, so that two of them do not make two books of one account. */
  readonly #reads = new Map<string, Promise<undefined>>()
  #secret: string

  constructor(parts: AccessParts) {
    this.#parts = parts
    this.#secret = Buffer.from(parts.random.bytes(32)).toString('base64')
  }

  /** Reads (or makes) the secret that makes ids and resources the same over restarts. */
  async start(): Promise<void> {
    const { documents } = this.#parts
    const kept = await documents.get('', secretKey)
    if (kept !== undefined) this.#secret = kept
    else await documents.put('', secretKey, this.#secret)
  }

  /** Opaque, and always the same for one client of one account. [XEP-0494 3.1] */
  idOf(local: string, agent: string): string {
    return this.#name('client', local, agent)
  }

  /** The same for a session whose client has no id. */
  idOfSession(local: string, resource: string): string {
    return this.#name('session', local, resource)
  }

  /** The part of a resource that the server makes: stable, and telling nobody the client's id. [XEP-0386 4.1] */
  resourceOf(local: string, agent: string, tag: string): string {
    return this.#name('resource', local, `${agent}\0${tag}`)
  }

  #name(what: string, local: string, text: string): string {
    // cut off as it is, a hash with the key in front does what an HMAC would, at a fifth of the cost
    return hash('sha256', `${this.#secret}\0${what}\0${local}\0${text}`, 'base64url').slice(0, 16)
  }

  /** What a mechanism may be proved with; nothing tells whether the account or the client exists. */
  tokens(local: string, id: string, mechanism: string): Maybe<readonly StoredToken[]> {
    return this.#with(local, ({ book }) => provable(book.clients.get(id), mechanism, this.#parts.now()))
  }

  /** Writes a login down, durably; refused when the token it used is not good any more. */
  login(local: string, id: string, login: ClientLogin): Maybe<Given | 'refused'> {
    return this.#with(local, (kept) => this.#login(local, id, login, kept))
  }

  #login(local: string, id: string, login: ClientLogin, kept: Kept): Maybe<Given | 'refused'> {
    const { config, now: clock, isHere } = this.#parts
    const now = clock()
    const before = kept.book.clients.get(id)
    let record = this.#seen(before ?? { id, firstSeen: now, lastSeen: 0 }, login, now)
    if (login.use !== undefined) {
      const used = use(record, login.use, now)
      if (used === undefined) return 'refused'
      record = used
    }
    const token = this.#newToken(record, login, now)
    if (token !== undefined) record = give(record, token)
    if (before !== undefined && isDeepStrictEqual(before, record)) return {}
    kept.book = withClient(kept.book, { ...record, lastSeen: now }, config.clients, (each) => isHere(local, each))
    return then(this.#write(local, kept), () => ({ token }))
  }

  #seen(before: ClientRecord, { proof, agent }: ClientLogin, now: number): ClientRecord {
    const { software: _, device: __, ...rest } = before
    const isKept = this.#parts.config.clientNames
    return {
      ...rest,
      ...(isKept && agent.software !== undefined ? { software: agent.software.slice(0, longestName) } : {}),
      ...(isKept && agent.device !== undefined ? { device: agent.device.slice(0, longestName) } : {}),
      ...(proof === 'password' ? { password: true } : {}),
      ...(proof === 'certificate' ? { certificate: true } : {}),
      lastSeen: now - before.lastSeen < seenEvery ? before.lastSeen : now,
    }
  }

  /** [XEP-0484 3.3, 3.5, 3.6] */
  #newToken(record: ClientRecord, { request, use: used }: ClientLogin, now: number): Token | undefined {
    const { tokenDays: days, tokenRotateDays: rotateDays } = this.#parts.config
    const isRotated = used !== undefined && used.invalidate !== true && isDue(record, now, rotateDays * day)
    const mechanism = request ?? (isRotated ? record.current?.mechanism : undefined)
    if (mechanism === undefined || days === 0) return undefined
    const secret = Buffer.from(this.#parts.random.bytes(24)).toString('base64url')
    return { secret, mechanism, issued: now, expires: now + days * day }
  }

  /** Remembers what a client bound, and that it was there just now. */
  seen(local: string, id: string, resource: string): Maybe<undefined> {
    return this.#with(local, (kept) => {
      const record = kept.book.clients.get(id)
      if (record === undefined) return undefined
      const now = this.#parts.now()
      if (record.resource === resource && now - record.lastSeen < 1000) return undefined
      kept.book = { ...kept.book, clients: new Map(kept.book.clients).set(id, { ...record, resource, lastSeen: now }) }
      return this.#write(local, kept)
    })
  }

  /** The clients that are here or could come back. */
  list(local: string): Maybe<readonly KnownClient[]> {
    const { now: clock, isHere } = this.#parts
    return this.#with(local, ({ book }) => {
      const now = clock()
      return [...book.clients.values()]
        .filter((record) => hasAccess(record, now) || isHere(local, record.id))
        .map((record) => ({ ...record, hasToken: isGood(record.current, now) || isGood(record.fresh, now) }))
    })
  }

  /** Its tokens are gone, durably; what it was before. That it knows the password cannot be changed here. [XEP-0494 3.2] */
  revoke(local: string, id: string): Maybe<ClientRecord | undefined> {
    return this.#with(local, (kept) => {
      const record = kept.book.clients.get(id)
      if (record === undefined) return undefined
      const without = { ...withoutAccess(record), ...(record.password === true ? { password: true as const } : {}) }
      kept.book = { ...kept.book, clients: new Map(kept.book.clients).set(id, without) }
      return then(this.#write(local, kept), () => record)
    })
  }

  #write(local: string, { book }: Kept): Promise<undefined> {
    return this.#parts.documents.put(local, documentKey, writeBook(book)).then(() => undefined)
  }

  /** `work` sees the book as it is now, and changes it before anybody else does. */
  #with<T>(local: string, work: (kept: Kept) => Maybe<T>): Maybe<T> {
    const { accounts, documents, config, now, isHere } = this.#parts
    const era = accounts.era(local)
    const known = this.#books.get(local)
    if (known?.era === era) {
      const before = now() - config.clientDays * day
      known.book = withoutForgotten(known.book, before, (id) => isHere(local, id))
      return work(known)
    }
    const key = `${era} ${local}`
    let read = this.#reads.get(key)
    if (read === undefined) {
      read = Promise.all([documents.get(local, documentKey), accounts.generation(local)])
        .then(([text, generation]) => {
          this.#books.set(local, { era, book: underPassword(readBook(text), generation) })
          return undefined
        })
        .finally(() => this.#reads.delete(key))
      this.#reads.set(key, read)
    }
    return read.then(() => this.#with(local, work))
  }
}
