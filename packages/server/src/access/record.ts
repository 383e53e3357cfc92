/** What is remembered of the clients of one account, and its form in storage. Data alone; who may do what is decided in `tokens.ts`. */

/** A token (XEP-0484). What a client shows are MACs under it, so it has to be kept as it is. */
export interface Token {
  readonly secret: string
  /** The one mechanism it is good for. */
  readonly mechanism: string
  /** ms since epoch */
  readonly issued: number
  readonly expires: number
  /** The highest counter that came with it. */
  readonly count?: number
  /** The password was changed, or the client revoked: whoever proves it is told that it has expired. */
  readonly isDead?: true
}

export interface ClientRecord {
  /** Made from the id that the client gave itself, which is not kept. */
  readonly id: string
  /** ms since epoch */
  readonly firstSeen: number
  readonly lastSeen: number
  readonly software?: string
  readonly device?: string
  /** The resource it bound last. */
  readonly resource?: string
  /** It has shown the password that the account has now. */
  readonly password?: true
  readonly certificate?: true
  /** The token it has used. */
  readonly current?: Token
  /** The one it was given since, and has not used. [XEP-0484 6.1] */
  readonly fresh?: Token
}

/** The clients of one account. */
export interface Book {
  /** Of the password, see `Accounts.generation`. */
  readonly generation: string
  readonly clients: ReadonlyMap<string, ClientRecord>
}

export const emptyBook: Book = { generation: '', clients: new Map() }

export function writeBook({ generation, clients }: Book): string {
  return JSON.stringify({ generation, clients: [...clients.values()] })
}

/** What cannot be read is as if nothing had been kept: clients show their password again. */
export function readBook(text: string | undefined): Book {
  if (text === undefined) return emptyBook
  try {
    const { generation, clients } = JSON.parse(text) as { generation: string; clients: readonly ClientRecord[] }
    if (typeof generation !== 'string') return emptyBook
    return { generation, clients: new Map(clients.map((record) => [record.id, record])) }
  } catch {
    return emptyBook
  }
}
