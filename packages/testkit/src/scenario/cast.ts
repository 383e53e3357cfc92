/** Everybody in one run of a scenario: fresh accounts, their clients, and the words of the file that stand for them. */
import { createHmac } from 'node:crypto'
import type { Captures } from './pattern.ts'
import { type Person, type Scenario, ScenarioError } from './scenario.ts'
import type { Target } from './target.ts'
import { type Account, TestClient } from './test-client.ts'

let runs = 0

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')

export class Cast {
  readonly target: Target
  readonly clients: ReadonlyMap<string, TestClient>
  readonly people: ReadonlyMap<string, Person>
  captures: Captures = new Map()
  readonly #accounts: ReadonlyMap<string, Account>
  readonly #suffix: string

  constructor(scenario: Scenario, target: Target) {
    this.target = target
    this.#suffix = `-${process.pid.toString(36)}${Date.now().toString(36)}${(runs++).toString(36)}`
    const accounts = new Map<string, Account>()
    const clients = new Map<string, TestClient>()
    for (const { name, address } of scenario.people) {
      if (!address) {
        clients.set(name, new TestClient(target, name, undefined, ''))
        continue
      }
      const key = `${address.local}@${address.domain}`
      const account = accounts.get(key) ?? {
        local: `${address.local}${this.#suffix}`,
        domain: this.#hosts(address.domain),
        password: `${address.local}-secret`,
      }
      accounts.set(key, account)
      clients.set(name, new TestClient(target, name, account, address.resource))
    }
    this.#accounts = accounts
    this.clients = clients
    this.people = new Map(scenario.people.map((person) => [person.name, person]))
  }

  async createAccounts(): Promise<void> {
    await Promise.all(
      [...this.#accounts.values()].map(({ local, password, domain }) =>
        this.target.createAccount(local, password, domain),
      ),
    )
  }

  client(name: string, line: number): TestClient {
    const client = this.clients.get(name)
    if (!client) throw new ScenarioError(line, `nobody was introduced as ${name}`)
    return client
  }

  priority(name: string): number | undefined {
    return this.people.get(name)?.priority
  }

  /** Puts the real addresses and secrets into the text of the file. */
  words(text: string): string {
    let result = this.#hosts(text)
    for (const [key, { local, domain, password }] of this.#accounts) {
      const named = key.slice(0, key.indexOf('@'))
      result = result.replaceAll(`${named}@${domain}`, (found, offset: number) =>
        offset > 0 && /[\w.-]/.test(result[offset - 1]!) ? found : `${local}@${domain}`,
      )
      const plain = base64(`\0${local}\0${password}`)
      result = result
        .replaceAll(`{local ${named}}`, local)
        .replaceAll(`{capitals ${named}}`, local.toUpperCase())
        .replaceAll(`{password ${named}}`, password)
        .replaceAll(`{sasl plain ${named}}`, plain)
        .replaceAll(`{sasl token ${named}}`, () => this.#proof(local))
    }
    return result
      .replaceAll(/\{base64 "([^"]*)"\}/g, (_, text: string) => base64(text.replaceAll('\\0', '\0')))
      .replaceAll(/\{(\d+) letters\}/g, (_, count: string) => 'x'.repeat(Number(count)))
  }

  /** Of the token that somebody was given as `{token}`, by HT-SHA-256-NONE (XEP-0484). */
  #proof(local: string): string {
    const mac = createHmac('sha256', this.captures.get('token') ?? '')
      .update('Initiator')
      .digest()
    return Buffer.concat([Buffer.from(`${local}\0`), mac]).toString('base64')
  }

  /** The same text as its reader knows it. */
  plain(text: string): string {
    return text.replaceAll(this.#suffix, '')
  }

  #hosts(text: string): string {
    return text.replaceAll(/\b(OTHERHOST|HOST)\b/g, (_, word: string) =>
      word === 'HOST' ? this.target.host : (this.target.secondHost ?? 'OTHERHOST'),
    )
  }

  endAll(): void {
    for (const client of this.clients.values()) {
      if (!client.isConnected) continue
      if (client.hasHeader || client.stage === 'bound') client.send('</stream:stream>')
      client.close()
    }
  }
}
