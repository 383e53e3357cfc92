/** Drives profanity as a person does: commands typed into its console, answers read from its screen. A login is a new profanity with the same home. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Home, makeHome, requireProgram } from '../home.ts'
import { messagesIn, timesSeen } from '../logged-messages.ts'
import type {
  Account,
  Connection,
  ContinuingClient,
  ContinuingClientMaker,
  Login,
  Return,
  Show,
} from '../stock-client.ts'
import { Terminal } from '../terminal.ts'
import { until } from '../until.ts'

const linesWith = (screen: string, ...words: readonly string[]): string[] =>
  screen.split('\n').filter((line) => words.every((word) => line.includes(word)))

/** From profanity's own debug log, which starts anew with every login. */
const loginIn = (log: string): Login => {
  const auth = log.lastIndexOf('SENT: <auth ')
  const mechanism = / mechanism="([^"]+)"/.exec(log.slice(auth))?.[1] ?? ''
  const before = log.slice(0, auth)
  return { mechanism, tls: before.includes('SENT: <starttls') && before.includes('RECV: <proceed') }
}

/** Its presence has come back to it, and copies are on: what is said from now on reaches it. */
const isOnline = (log: string, jid: string): boolean =>
  log.includes('Message carbons enabled.') && log.includes(`Presence available handler fired for: ${jid}/`)

class Profanity implements ContinuingClient {
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

  #logOf(login: number): string {
    const file = join(this.#home.folder, `debug-${login}.log`)
    return existsSync(file) ? readFileSync(file, 'latin1') : ''
  }

  /** Stream management is on by default. */
  async #turnOn(): Promise<void> {
    this.#screen.type('/carbons on')
    await this.#answers('Message carbons preference')
    this.#screen.type('/mam on')
    await this.#answers('Message Archive Management enabled')
    this.#screen.type('/reconnect 1')
    await this.#answers('Reconnect interval set to 1 seconds')
  }

  async login(): Promise<Login> {
    this.#terminal?.close()
    this.#logins += 1
    const log = join(this.#home.folder, `debug-${this.#logins}.log`)
    this.#terminal = new Terminal(['profanity', '--log=DEBUG', `--logfile=${log}`], this.#home)
    await this.#answers("Type '/help'")
    await this.#turnOn()
    this.#screen.type('/presence console all')
    await this.#answers('All presence updates will appear in the console')
    this.#screen.type('/roster hide')
    await this.#answers('Roster disabled')
    this.#screen.type(`/connect ${this.jid} server 127.0.0.1 port ${this.#connection.port} tls trust`)
    await this.#answers('Enter password:')
    this.#screen.type(this.#account.password)
    await this.#answers(this.jid, 'logged in successfully')
    await until(`${this.jid} to be online`, () => (isOnline(this.#logOf(this.#logins), this.jid) ? true : undefined), {
      evidence: () => this.#logOf(this.#logins).slice(-3000),
    })
    return loginIn(this.#logOf(this.#logins))
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
      if (found !== undefined) return found
      // The chat has no window before the first message.
      this.#screen.type(`/win ${contact}`)
      // With an archive profanity 0.15 may leave out on its screen, until it is scrolled, what it has received and stored.
      const isStored = messagesIn(this.streams(), this.jid).some((one) => one.body === body && one.from === contact)
      return isStored ? body : undefined
    }
    await this.#screen.shows(`"${body}" from ${contact}`, look, 300)
  }

  /** Opening a chat makes it ask the archive for that contact [XEP-0313 4.1]; one that is open is closed before. */
  async catchUp(contact: string): Promise<void> {
    await this.#showConsole()
    this.#screen.type(`/win ${contact}`)
    this.#screen.type('/close')
    await this.#showConsole()
    this.#screen.type(`/msg ${contact}`)
    await this.#answers(contact, 'unencrypted')
  }

  async seesOwn(contact: string, body: string): Promise<void> {
    this.#screen.type(`/win ${contact}`)
    await this.#screen.shows(`"${body}" of our own`, (screen) => linesWith(screen, ' - me: ', body)[0], 300)
  }

  /**
   * By what went over its streams, not by its screen: with an archive profanity 0.15 asks for the same messages more than once and shows all of
   * them, whatever their ids.
   */
  async timesShown(contact: string, body: string): Promise<number> {
    const messages = messagesIn(this.streams(), this.jid)
    return timesSeen(messages.filter(({ from, to, body: said }) => said === body && [from, to].includes(contact)))
  }

  watchReturn(): () => Promise<Return> {
    const before = this.#logOf(this.#logins).length
    return () =>
      until(
        `${this.jid} to be connected again`,
        () => {
          const log = this.#logOf(this.#logins).slice(before)
          const connected = log.lastIndexOf('Connection handler: logged in')
          if (connected < 0) return undefined
          if (log.slice(0, connected).includes('RECV: <resumed ')) return 'resumed'
          return isOnline(log.slice(connected), this.jid) ? 'anew' : undefined
        },
        { evidence: () => `${this.#logOf(this.#logins).slice(-3000)}\n${this.#screen.screen()}` },
      )
  }

  streams(): string {
    return Array.from({ length: this.#logins }, (_, index) => this.#logOf(index + 1)).join('')
  }

  async close(): Promise<void> {
    this.#terminal?.close()
    this.#home.remove()
  }
}

export const makeProfanity: ContinuingClientMaker = (account, connection) => {
  requireProgram('tmux', '-V')
  requireProgram('profanity')
  return new Profanity(account, connection)
}
