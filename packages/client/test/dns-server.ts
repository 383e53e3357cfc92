/** For tests: a name server on this machine that knows SRV records and nothing else (RFC 1035, RFC 2782). */
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { Bell } from './waiting.ts'

export interface Srv {
  readonly priority?: number
  readonly weight?: number
  readonly port: number
  /** `.` says that there is no such service. */
  readonly target: string
}

/** What it answers for a name: records (none: the name exists without them), that the name does not exist, that it failed, or nothing. */
export type Known = readonly Srv[] | 'nxdomain' | 'servfail' | 'silence'

const codes = { nxdomain: 3, servfail: 2 } as const
const typeSrv = 33

export class DnsServer implements AsyncDisposable {
  readonly #socket: Socket = createSocket('udp4')
  readonly #known: ReadonlyMap<string, Known>
  /** The names it was asked for. */
  readonly asked: string[] = []
  readonly #bell = new Bell()

  private constructor(known: Record<string, Known>) {
    this.#known = new Map(Object.entries(known))
    this.#socket.on('message', (query, from) => {
      const answer = this.#answer(query)
      if (answer !== undefined) this.#socket.send(answer, from.port, from.address)
      this.#bell.ring()
    })
  }

  static async start(known: Record<string, Known>): Promise<DnsServer> {
    const server = new DnsServer(known)
    server.#socket.bind(0, '127.0.0.1')
    await once(server.#socket, 'listening')
    return server
  }

  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`
  }

  /** Waits until it was asked so many times. */
  questions(count: number): Promise<undefined> {
    return this.#bell.until(
      () => this.asked.length >= count,
      `${count} questions`,
      () => this.asked.join(', '),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()))
  }

  #answer(query: Buffer): Buffer | undefined {
    const labels: string[] = []
    let at = 12
    for (let size = query[at]!; size > 0; size = query[at]!) {
      labels.push(query.toString('latin1', at + 1, at + 1 + size))
      at += size + 1
    }
    const name = labels.join('.')
    this.asked.push(name)
    const known = this.#known.get(name.toLowerCase()) ?? 'nxdomain'
    if (known === 'silence') return undefined
    const records = typeof known === 'string' ? [] : known
    const header = Buffer.alloc(12)
    query.copy(header, 0, 0, 2)
    header.writeUInt16BE(0x8580 | (typeof known === 'string' ? codes[known] : 0), 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(records.length, 6)
    return Buffer.concat([header, query.subarray(12, at + 5), ...records.map(encode)])
  }
}

function encode({ priority = 0, weight = 0, port, target }: Srv): Buffer {
  const labels = target.split('.').filter((label) => label !== '')
  const name = Buffer.from(
    [...labels.map((label) => `${String.fromCharCode(label.length)}${label}`), '\0'].join(''),
    'latin1',
  )
  const head = Buffer.alloc(18)
  head.writeUInt16BE(0xc00c, 0) // the name that was asked for
  head.writeUInt16BE(typeSrv, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt32BE(60, 6)
  head.writeUInt16BE(6 + name.length, 10)
  head.writeUInt16BE(priority, 12)
  head.writeUInt16BE(weight, 14)
  head.writeUInt16BE(port, 16)
  return Buffer.concat([head, name])
}
