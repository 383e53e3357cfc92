/** Drives bot.py, a plain slixmpp bot, over its standard input and output. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Program } from '../program.ts'
import type { Account, Connection, Login, Show, StockClient } from '../stock-client.ts'

interface Report {
  readonly event: string
  readonly sender?: string
  readonly type?: string
  readonly body?: string
  readonly mechanism?: string
  readonly tls?: string | null
  readonly contacts?: Readonly<Record<string, string>>
}

/** Debian's own Python: that is where the package puts its library. */
const findPython = (): string => {
  for (const python of ['/usr/bin/python3', 'python3']) {
    if (python.startsWith('/') && !existsSync(python)) continue
    try {
      execFileSync(python, ['-c', 'import slixmpp'], { stdio: 'pipe', timeout: 30_000 })
      return python
    } catch {}
  }
  throw new Error('slixmpp is not installed: run .ci/install')
}

const reportsIn = (output: string): Report[] =>
  output
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{"event"'))
    .map((line) => JSON.parse(line))

class Slixmpp implements StockClient {
  readonly jid: string
  readonly #account: Account
  readonly #connection: Connection
  readonly #python: string = findPython()
  #program: Program | undefined

  constructor(account: Account, connection: Connection) {
    this.jid = account.jid
    this.#account = account
    this.#connection = connection
  }

  get #bot(): Program {
    if (this.#program === undefined) throw new Error(`${this.jid} is not logged in`)
    return this.#program
  }

  #command(command: Readonly<Record<string, string>>): void {
    this.#bot.write(`${JSON.stringify(command)}\n`)
  }

  #reports(what: string, matches: (report: Report) => boolean, from = 0): Promise<Report> {
    return this.#bot.shows(what, (output) => reportsIn(output.slice(from)).find(matches))
  }

  async login(): Promise<Login> {
    const { port, certificate } = this.#connection
    const bot = join(import.meta.dirname, 'bot.py')
    const parameters = [bot, this.jid, this.#account.password, '127.0.0.1', String(port), certificate]
    this.#program = new Program(this.#python, parameters)
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
    const from = this.#bot.output.lastIndexOf('\n') + 1
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

  async close(): Promise<void> {
    await this.#program?.end()
  }
}

export const makeSlixmpp = (account: Account, connection: Connection): StockClient => new Slixmpp(account, connection)
