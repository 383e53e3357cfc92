/**
 * Drives go-sendxmpp: one process listens and stays online; everything sent is a process of its own, as in a shell script.
 * The two keep a home each: servers with XEP-0386 end a session when the same installation logs in again.
 * go-sendxmpp has no commands for roster and presence: they go out as raw stanzas, and what comes back is read in its debug output.
 */
import { globSync } from 'node:fs'
import { type Home, makeHome, requireProgram } from '../home.ts'
import { Program } from '../program.ts'
import type { Account, Connection, Login, Show, StockClient } from '../stock-client.ts'
import { until } from '../until.ts'

type Attributes = ReadonlyMap<string, string>

interface Presence {
  /** Bare JID. */
  readonly from: string
  readonly type: string
  readonly show: string
}

const attributesOf = (tag: string): Attributes =>
  new Map(
    [...tag.matchAll(/ ([\w:]+)=(?:'([^']*)'|"([^"]*)")/g)].map(([, name, one, two]) => [name ?? '', one ?? two ?? '']),
  )

/** What came in pieces stands there in pieces, wherever they were cut. */
const joined = (output: string): string => output.replaceAll('\nRECV: ', '')

/** The debug output holds the stream as it came; a look at its tags is enough for us. */
const presencesIn = (output: string): Presence[] =>
  [...joined(output).matchAll(/(<presence\b[^>]*?)(?:\/>|>(.*?)<\/presence>)/gs)].map(([, tag = '', inside = '']) => {
    const attributes = attributesOf(tag)
    const show = /<show>(\w+)<\/show>/.exec(inside)?.[1] ?? ''
    return { from: (attributes.get('from') ?? '').split('/')[0] ?? '', type: attributes.get('type') ?? '', show }
  })

const rosterItemsIn = (output: string): Attributes[] =>
  [...joined(output).matchAll(/<item\b[^>]*>/g)].map(([tag]) => attributesOf(tag))

const loginIn = (output: string): Login | undefined => {
  const auth = output.search(/SEND: <(?:auth|authenticate) /)
  if (auth < 0 || !output.includes('SEND: <presence')) return undefined
  const mechanism = / mechanism=['"]([^'"]+)/.exec(output.slice(auth))?.[1] ?? ''
  const before = output.slice(0, auth)
  return { mechanism, tls: before.includes('SEND: <starttls') && joined(before).includes('<proceed') }
}

class GoSendxmpp implements StockClient {
  readonly jid: string
  readonly #account: Account
  readonly #connection: Connection
  readonly #listening: Home = makeHome('go-sendxmpp')
  readonly #sending: Home = makeHome('go-sendxmpp')
  #program: Program | undefined
  /** What the listening processes before this one wrote. */
  #earlier = ''
  /** Messages it has from the archive, as it prints those that come. */
  #archived: readonly string[] = []

  constructor(account: Account, connection: Connection) {
    this.jid = account.jid
    this.#account = account
    this.#connection = connection
  }

  #start(home: Home, parameters: readonly string[], input?: string): Program {
    const { port, certificate } = this.#connection
    const account = ['-u', this.jid, '-p', this.#account.password, '-j', `127.0.0.1:${port}`]
    return new Program('go-sendxmpp', ['--suppress-root-warning', '--debug', ...account, ...parameters], {
      // Go trusts the certificates in this file, and no others.
      environment: { ...home.environment, SSL_CERT_FILE: certificate },
      ...(input === undefined ? {} : { input }),
    })
  }

  /** Runs it once, as in `echo text | go-sendxmpp …`; what it printed. */
  async #once(parameters: readonly string[], input: string): Promise<string> {
    const program = this.#start(this.#sending, parameters, `${input}\n`)
    try {
      const code = await program.ended()
      if (code !== 0) throw new Error(`go-sendxmpp ended with ${code}:\n${program.output}`)
      return program.output
    } finally {
      await program.end('SIGKILL')
    }
  }

  get #listener(): Program {
    if (this.#program === undefined) throw new Error(`${this.jid} is not logged in`)
    return this.#program
  }

  async login(): Promise<Login> {
    if (this.#program !== undefined) this.#earlier += this.#program.output
    this.#program = this.#start(this.#listening, ['--listen'])
    const login = await this.#program.shows('a session', loginIn)
    // It keeps the token it was given [XEP-0484] in a file, a moment after it came.
    if (/<token\b[^>]*urn:xmpp:fast:0/.test(this.#program.output)) {
      await until('the token to be kept', () => globSync(`${this.#listening.folder}/.local/share/*/*/fast.bin`)[0])
    }
    return login
  }

  async logout(): Promise<void> {
    await this.#listener.end('SIGINT')
  }

  async request(contact: string): Promise<void> {
    await this.#once(['--raw'], `<presence type='subscribe' to='${contact}'/>`)
  }

  async hasRequest(contact: string): Promise<void> {
    await this.#listener.shows(`a request from ${contact}`, (output) =>
      presencesIn(output).find(({ from, type }) => from === contact && type === 'subscribe'),
    )
  }

  async allow(contact: string): Promise<void> {
    await this.#once(['--raw'], `<presence type='subscribed' to='${contact}'/>`)
  }

  async hasMutual(contact: string): Promise<void> {
    let answer = ''
    await until(
      `${contact}: both`,
      async () => {
        answer = await this.#once(['--raw'], `<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>`)
        return rosterItemsIn(answer).find((item) => item.get('jid') === contact && item.get('subscription') === 'both')
      },
      { every: 500, evidence: () => answer },
    )
  }

  /** The presence of a process that is gone right after it: others see it come and go. */
  async show(show: Show): Promise<void> {
    await this.#once(['--raw'], `<presence><show>${show}</show></presence>`)
  }

  async watch(contact: string, wanted: Show | 'unavailable'): Promise<() => Promise<void>> {
    const start = this.#listener.output.length
    const isThat = ({ from, type, show }: Presence): boolean =>
      from === contact && (wanted === 'unavailable' ? type : show) === wanted
    return async () => {
      await this.#listener.shows(`${contact} is ${wanted}`, (output) => presencesIn(output.slice(start)).find(isThat))
    }
  }

  async say(contact: string, body: string): Promise<void> {
    await this.#once([contact], body)
  }

  async hears(contact: string, body: string): Promise<void> {
    await this.#listener.shows(`"${body}" from ${contact}`, (output) =>
      [...output.split('\n'), ...this.#archived].find((line) => line.endsWith(` ${contact}: ${body}`)),
    )
  }

  /** It binds with Bind 2 where it can, and has no command for the archive: a raw query goes out, and the answer is read in the debug output. */
  async fetchMissed(contact: string): Promise<void> {
    if (!/<bound\b[^>]*urn:xmpp:bind:0/.test(this.#listener.output)) return
    const query = `<iq type='set' id='missed'><query xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'><max>50</max></set></query></iq>`
    let answer = ''
    const ask = async (): Promise<true | undefined> => {
      answer = await this.#once(['--raw'], query)
      return /<fin\b[^>]*urn:xmpp:mam:2/.test(answer) ? true : undefined
    }
    await until('the answer of the archive', ask, { every: 500, evidence: () => answer })
    const results = [...joined(answer).matchAll(/<result\b[^>]*urn:xmpp:mam:2.*?<\/result>/gs)].map(
      ([result]) => result,
    )
    this.#archived = results
      .filter((result) => new RegExp(`<message\\b[^>]*from=['"]${contact}[/'"]`).test(result))
      .map((result) => `from the archive: ${contact}: ${/<body>(.*?)<\/body>/s.exec(result)?.[1] ?? ''}`)
  }

  streams(): string {
    return this.#earlier + (this.#program?.output ?? '')
  }

  async close(): Promise<void> {
    await this.#program?.end()
    this.#listening.remove()
    this.#sending.remove()
  }
}

export const makeGoSendxmpp = (account: Account, connection: Connection): StockClient => {
  requireProgram('go-sendxmpp')
  return new GoSendxmpp(account, connection)
}
