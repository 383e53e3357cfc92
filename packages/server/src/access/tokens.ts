/** Which token is good, and what becomes of the two that a client may have. XEP-0484 0.2.0; pure decisions. */
import type { StoredToken } from '@rookery/protocol/sasl'
import type { Book, ClientRecord, Token } from './record.ts'

/** The tokens that a mechanism can be proved with, the newer one first. [XEP-0484 3.4, 6.1] */
export function provable(record: ClientRecord | undefined, mechanism: string, now: number): StoredToken[] {
  return [record?.fresh, record?.current].flatMap((token) =>
    token?.mechanism === mechanism ? [{ secret: token.secret, isExpired: !isGood(token, now) }] : [],
  )
}

export function isGood(token: Token | undefined, now: number): boolean {
  return token !== undefined && token.isDead !== true && token.expires > now
}

/** A login that a token was proved for. */
export interface TokenUse {
  readonly secret: string
  readonly count?: number | undefined
  readonly invalidate?: boolean | undefined
}

/** What the client has after it used a token; undefined if it may not: it is gone, or this is an old login once more. */
export function use(
  record: ClientRecord,
  { secret, count, invalidate }: TokenUse,
  now: number,
): ClientRecord | undefined {
  const { fresh, current, ...rest } = record
  const token = fresh?.secret === secret ? fresh : current?.secret === secret ? current : undefined
  if (token === undefined || !isGood(token, now)) return undefined
  if (count !== undefined && token.count !== undefined && count <= token.count) return undefined // [XEP-0484 3.4, S47]
  const counted = count === undefined ? token : { ...token, count }
  // whoever uses the newer one has it, so the older one has no use any more [XEP-0484 3.5]
  const kept = token === current && fresh !== undefined ? { fresh } : {}
  if (invalidate === true) return { ...rest, ...kept, current: { ...counted, isDead: true } } // [XEP-0484 3.6]
  return { ...rest, ...kept, current: counted }
}

/**
 * Whether the token in use is so old that the client gets another; at half of its time at the latest, so that whoever keeps coming never runs out of
 * them. [XEP-0484 3.5]
 */
export function isDue({ current }: ClientRecord, now: number, rotateAfter: number): boolean {
  if (current === undefined || current.isDead === true) return false
  return now - current.issued >= Math.min(rotateAfter, (current.expires - current.issued) / 2)
}

/** The client with a new token; one that it was given and never used is gone, the one in use stays. [XEP-0484 3.5] */
export function give(record: ClientRecord, fresh: Token): ClientRecord {
  return { ...record, fresh }
}

/** Nothing that the client was given is good any more. */
export function withoutAccess({ password: _, current, fresh, ...rest }: ClientRecord): ClientRecord {
  return {
    ...rest,
    ...(current === undefined ? {} : { current: { ...current, isDead: true } }),
    ...(fresh === undefined ? {} : { fresh: { ...fresh, isDead: true } }),
  }
}

/** Whether the client could come back by itself. */
export function hasAccess(record: ClientRecord, now: number): boolean {
  return (
    record.password === true || record.certificate === true || isGood(record.current, now) || isGood(record.fresh, now)
  )
}

/** The book under the password that the account has now: a change of it ends what was got by the old one. [S52] */
export function underPassword(book: Book, generation: string): Book {
  if (book.generation === generation) return book
  const clients = new Map([...book.clients].map(([id, record]) => [id, withoutAccess(record)]))
  return { generation, clients }
}

/** Without the clients that were not seen for so long, and are not there now. */
export function withoutForgotten(book: Book, before: number, isHere: (id: string) => boolean): Book {
  const gone = [...book.clients.values()].filter(({ id, lastSeen }) => lastSeen < before && !isHere(id))
  if (gone.length === 0) return book
  const clients = new Map(book.clients)
  for (const { id } of gone) clients.delete(id)
  return { ...book, clients }
}

/** The book with this client in it; at most so many, those seen lately. */
export function withClient(book: Book, record: ClientRecord, most: number, isHere: (id: string) => boolean): Book {
  const clients = new Map(book.clients)
  clients.set(record.id, record)
  while (clients.size > most) {
    const others = [...clients.values()].filter(({ id }) => id !== record.id)
    const absent = others.filter(({ id }) => !isHere(id))
    const [oldest] = (absent.length > 0 ? absent : others).sort((a, b) => a.lastSeen - b.lastSeen)
    clients.delete(oldest!.id)
  }
  return { ...book, clients }
}
