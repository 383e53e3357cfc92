/** Drives a bot of ours on a library of others, over its standard input and output; slixmpp/bot.py says what it understands and reports. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Home, makeHome } from './home.ts'
import { Program } from './program.ts'
import type { Account, Connection, ContinuingClient, Login, Return, Show } from './stock-client.ts'

interface Report {
  readonly event: string
  readonly sender?: string
  readonly to?: string
  readonly type?: string
  readonly body?: string
  readonly way?: 'live' | 'received' | 'sent' | 'own' | 'archive'
  /** A message's id in our archive. */
  readonly id?: string | null
  /** What we named it ourselves. */
  readonly origin?: string | null
  readonly mechanism?: string
  readonly tls?: string | null
  readonly resumed?: boolean
  readonly contacts?: Readonly<Record<string, string>>
  readonly condition?: string
}

export interface BotProgram {
  readonly name: string
  readonly python: string
  readonly script: string
  /** Where it connects; the connection's port with STARTTLS when absent. */
  readonly address?: (connection: Connection) => string
}

const reportsIn = (output: string): Report[] =>
  output
    .slice(0, output.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line.startsWith('{"event"'))
    .map((line) => JSON.parse(line) as Report)

export class Bot implements ContinuingClient {
  readonly jid: string
  readonly #account: Account
  readonly #connection: Connection
  readonly #kind: BotProgram
  readonly #home: Home
  #program: Program | undefined
  /** What the processes before this one reported. */
  #earlier: readonly Report[] = []

  constructor(account: Account, connection: Connection, kind: BotProgram) {
    this.jid = account.jid
    this.#account = account
    this.#connection = connection
    this.#kind = kind
    this.#home = makeHome(kind.name)
  }

  get #bot(): Program {
    if (this.#program === undefined) throw new Error(`${this.jid} is not logged in`)
    return this.#program
  }

  get #log(): string {
    return join(this.#home.folder, 'streams.log')
  }

  #command(command: Readonly<Record<string, string | null | readonly string[]>>): void {
    this.#bot.write(`${JSON.stringify(command)}\n`)
  }

  /** Reports from here on are new. */
  #mark(): number {
    return this.#bot.output.lastIndexOf('\n') + 1
  }

  #reports(what: string, matches: (report: Report) => boolean, from = 0): Promise<Report> {
    return this.#bot.shows(what, (output) => reportsIn(output.slice(from)).find(matches))
  }

  async login(): Promise<Login> {
    if (this.#program !== undefined) this.#earlier = [...this.#earlier, ...reportsIn(this.#program.output)]
    const { port, certificate } = this.#connection
    const address = this.#kind.address?.(this.#connection) ?? `127.0.0.1:${port}`
    const parameters = [this.jid, this.#account.password, address, certificate, this.#log]
    const { environment } = this.#home
    this.#program = new Program(this.#kind.python, [this.#kind.script, ...parameters], { environment })
    const session = await this.#reports('a session', ({ event }) => event === 'session')
    return { mechanism: session.mechanism ?? '', tls: session.tls?.startsWith('TLS') ?? false }
  }

  async logout(): Promise<void> {
    this.#command({ do: 'leave' })
    await this.#bot.ended()
  }

  async request(contact: string): Promise<void> {
    this.#command({ do: 'subscribe', jid: contact })
  }

  async hasRequest(contact: string): Promise<void> {
    await this.#reports(
      `a request from ${contact}`,
      ({ event, type, sender }) => event === 'presence' && type === 'subscribe' && sender === contact,
    )
  }

  async allow(contact: string): Promise<void> {
    this.#command({ do: 'approve', jid: contact })
  }

  async hasMutual(contact: string): Promise<void> {
    await this.#reports(`${contact}: both`, ({ contacts }) => contacts?.[contact] === 'both')
  }

  async show(show: Show): Promise<void> {
    this.#command({ do: 'show', show })
  }

  async watch(contact: string, show: Show | 'unavailable'): Promise<() => Promise<void>> {
    const from = this.#mark()
    const isThat = ({ event, type, sender }: Report): boolean =>
      event === 'presence' && type === show && sender === contact
    return async () => {
      await this.#reports(`${contact} is ${show}`, isThat, from)
    }
  }

  async say(contact: string, body: string): Promise<void> {
    this.#command({ do: 'say', jid: contact, body })
  }

  async hears(contact: string, body: string): Promise<void> {
    await this.#reports(
      `"${body}" from ${contact}`,
      (report) => report.event === 'message' && report.body === body && report.sender === contact,
    )
  }

  async seesOwn(contact: string, body: string): Promise<void> {
    await this.#reports(
      `"${body}" said by ourselves to ${contact}`,
      (report) => report.event === 'message' && report.body === body && report.to === contact,
    )
  }

  async timesShown(contact: string, body: string): Promise<number> {
    const isThat = (report: Report): boolean =>
      report.event === 'message' && report.body === body && (report.sender === contact || report.to === contact)
    return [...this.#earlier, ...reportsIn(this.#bot.output)].filter(isThat).length
  }

  /** All after the last message that an earlier process knew [XEP-0313 4.3.1]. */
  async catchUp(): Promise<void> {
    const from = this.#mark()
    const known = (name: 'id' | 'origin'): string[] => this.#earlier.flatMap(({ [name]: id }) => id ?? [])
    this.#command({ do: 'catch-up', after: known('id').at(-1) ?? null, known: known('origin') })
    const { condition } = await this.#reports('the end of catching up', ({ event }) => event === 'caught up', from)
    if (condition !== undefined) throw new Error(`${this.jid} could not read its archive: ${condition}`)
  }

  watchReturn(): () => Promise<Return> {
    const from = this.#mark()
    return async () => {
      const { resumed } = await this.#reports('a session again', ({ event }) => event === 'session', from)
      return resumed === true ? 'resumed' : 'anew'
    }
  }

  async rest(): Promise<void> {
    this.#command({ do: 'rest' })
  }

  async wake(): Promise<void> {
    this.#command({ do: 'wake' })
  }

  streams(): string {
    return existsSync(this.#log) ? readFileSync(this.#log, 'utf8') : ''
  }

  async close(): Promise<void> {
    await this.#program?.end()
    this.#home.remove()
  }
}
