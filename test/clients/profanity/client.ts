/** Drives profanity as a person does: commands typed into its console, answers read from its screen. A login is a new profanity with the same home. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Home, makeHome, requireProgram } from '../home.ts'
import type { Account, Connection, Login, Show, StockClient } from '../stock-client.ts'
import { Terminal } from '../terminal.ts'

const linesWith = (screen: string, ...words: readonly string[]): string[] =>
  screen.split('\n').filter((line) => words.every((word) => line.includes(word)))

/** From profanity's own debug log, which starts anew with every login. */
const loginIn = (log: string): Login => {
  const auth = log.lastIndexOf('SENT: <auth ')
  const mechanism = / mechanism="([^"]+)"/.exec(log.slice(auth))?.[1] ?? ''
  const before = log.slice(0, auth)
  return { mechanism, tls: before.includes('SENT: <starttls') && before.includes('RECV: <proceed') }
}

class Profanity implements StockClient {
  readonly jid: string
  readonly #account: Account
  readonly #connection: Connection
  readonly #home: Home = makeHome('profanity')
  #logins = 0
  #terminal: Terminal | undefined

  constructor(account: Account, connection: Connection) {
    this.jid = account.jid
    this.#account = account
    this.#connection = connection
  }

  get #screen(): Terminal {
    if (this.#terminal === undefined) throw new Error(`${this.jid} is not logged in`)
    return this.#terminal
  }

  /** Its first window, where commands are answered and presence is told. */
  #showConsole(): Promise<string> {
    this.#screen.type('/win 1')
    return this.#screen.shows('the console', (screen) =>
      screen.includes('Profanity. Type /help') ? screen : undefined,
    )
  }

  async #console(command: string): Promise<void> {
    await this.#showConsole()
    this.#screen.type(command)
  }

  async #answers(...words: readonly string[]): Promise<void> {
    await this.#screen.shows(words.join(' … '), (screen) => linesWith(screen, ...words)[0])
  }

  async login(): Promise<Login> {
    this.#terminal?.close()
    this.#logins += 1
    const log = join(this.#home.folder, `debug-${this.#logins}.log`)
    this.#terminal = new Terminal(['profanity', '--log=DEBUG', `--logfile=${log}`], this.#home)
    await this.#answers("Type '/help'")
    this.#screen.type('/presence console all')
    await this.#answers('All presence updates will appear in the console')
    this.#screen.type('/roster hide')
    await this.#answers('Roster disabled')
    this.#screen.type(`/connect ${this.jid} server 127.0.0.1 port ${this.#connection.port} tls trust`)
    await this.#answers('Enter password:')
    this.#screen.type(this.#account.password)
    await this.#answers(this.jid, 'logged in successfully')
    return loginIn(existsSync(log) ? readFileSync(log, 'utf8') : '')
  }

  async logout(): Promise<void> {
    this.#screen.type('/quit')
    await this.#screen.closed()
  }

  async request(contact: string): Promise<void> {
    await this.#console(`/sub request ${contact}`)
    await this.#answers(`Sent subscription request to ${contact}`)
  }

  async hasRequest(contact: string): Promise<void> {
    await this.#answers('Received authorization request from', contact)
  }

  async allow(contact: string): Promise<void> {
    await this.#console(`/sub allow ${contact}`)
    await this.#answers(`Accepted subscription for ${contact}`)
  }

  async hasMutual(contact: string): Promise<void> {
    // profanity 0.15 ignores roster pushes without a 'from', which RFC 6121 2.1.6 allows; it learns of them at the next login.
    if (!this.#connection.rosterPushesHaveFrom) {
      await this.logout()
      await this.login()
    }
    await this.#showConsole()
    const look = (screen: string): string | undefined => {
      const found = linesWith(screen, `${contact} - both`)[0]
      if (found === undefined) this.#screen.type('/roster')
      return found
    }
    await this.#screen.shows(`${contact} - both`, look, 500)
  }

  async show(show: Show): Promise<void> {
    await this.#console(`/status set ${show}`)
    await this.#answers(`Status set to ${show}`)
  }

  async watch(contact: string, show: Show | 'unavailable'): Promise<() => Promise<void>> {
    const words = [contact, `is ${show === 'unavailable' ? 'offline' : show}`]
    const console = await this.#showConsole()
    const before = linesWith(console, ...words).length
    return async () => {
      await this.#screen.shows(`once more ${words.join(' ')}`, (screen) => linesWith(screen, ...words)[before])
    }
  }

  async say(contact: string, body: string): Promise<void> {
    this.#screen.type(`/msg ${contact} ${body}`)
    await this.#answers('me: ', body)
  }

  async hears(contact: string, body: string): Promise<void> {
    this.#screen.type(`/win ${contact}`)
    const look = (screen: string): string | undefined => {
      const found = linesWith(screen, ` - ${contact}`, `: ${body}`)[0]
      // The chat has no window before the first message.
      if (found === undefined) this.#screen.type(`/win ${contact}`)
      return found
    }
    await this.#screen.shows(`"${body}" from ${contact}`, look, 300)
  }

  async close(): Promise<void> {
    this.#terminal?.close()
    this.#home.remove()
  }
}

export const makeProfanity = (account: Account, connection: Connection): StockClient => {
  requireProgram('tmux', '-V')
  requireProgram('profanity')
  return new Profanity(account, connection)
}
