/**
 * A raw client with stream management (XEP-0198 1.6.3), which counts by itself what comes over the wire: stanzas are elements at the top
 * level, whatever stands inside of them.
 */
import { type LoginOptions, login, RawClient } from './client.ts'

export const SM = 'urn:xmpp:sm:3'
export const R = `<r xmlns='${SM}'/>`
const tag = /<(\/?)([^\s/>]+)(?:'[^']*'|"[^"]*"|[^'">])*?(\/?)>/g

/** The elements that are complete, and what has not ended yet. */
export function split(wire: string): { elements: string[]; rest: string } {
  const elements: string[] = []
  let [depth, begin] = [0, 0]
  for (const match of wire.matchAll(tag)) {
    if (depth === 0) begin = match.index
    if (match[1] === '/') depth--
    else if (match[3] === '') depth++
    if (depth > 0) continue
    depth = 0 // the end of the stream
    elements.push(wire.slice(begin, match.index + match[0].length))
    begin = match.index + match[0].length
  }
  return { elements, rest: wire.slice(begin) }
}

export const attributeOf = (element: string | undefined, name: string): string | undefined =>
  new RegExp(`^<[^>]*?\\s${name}='([^']*)'`).exec(element ?? '')?.[1]

export const bodyOf = (stanza: string): string | undefined => /<body>([^<]*)<\/body>/.exec(stanza)?.[1]

/** Of all clients: what one asked on an earlier connection may be answered on the next. */
let pings = 0

export class Managed {
  readonly raw: RawClient
  /** What the session is resumed by. */
  id = ''
  /** Stanzas of the server since stream management is on. */
  h = 0
  /** Those that have come and were not taken. */
  #stanzas: string[] = []
  /** What is no stanza, but for requests. */
  #others: string[] = []
  requests = 0

  constructor(raw: RawClient, id = '', h = 0) {
    this.raw = raw
    this.id = id
    this.h = h
  }

  send(wire: string): void {
    this.raw.send(wire)
  }

  /** `<enabled/>` or `<failed/>`. */
  async enable(attributes = "resume='true'"): Promise<string> {
    this.send(`<enable xmlns='${SM}' ${attributes}/>`)
    const all = await this.raw.waitFor(/<enabled [^>]*>|<failed .*?<\/failed>/s)
    const answer = all.slice(all.lastIndexOf(all.includes('<enabled ') ? '<enabled ' : '<failed '))
    this.id = attributeOf(answer, 'id') ?? this.id
    return answer
  }

  #read(): void {
    const { elements, rest } = split(this.raw.received)
    this.raw.received = rest
    for (const element of elements) {
      if (element.startsWith('<r ')) this.requests++
      else if (/^<(message|presence|iq)[\s>/]/.test(element)) {
        this.h++
        this.#stanzas.push(element)
      } else this.#others.push(element)
    }
  }

  /** Reads until something is found, or fails. */
  async #until<T>(find: () => T | undefined, what: string, patience: number): Promise<T> {
    for (const deadline = Date.now() + patience; ; ) {
      this.#read()
      const found = find()
      if (found !== undefined) return found
      if (this.raw.hasEnded || Date.now() > deadline) {
        const why = this.raw.hasEnded ? 'the connection has ended' : `not in ${patience} ms`
        throw new Error(`no ${what}: ${why}; last ${this.#stanzas.at(-1)} ${this.#others.at(-1)} ${this.raw.received}`)
      }
      await this.raw.arrival(Math.max(1, deadline - Date.now()))
    }
  }

  /** Waits for so many messages with a body; gives these. */
  bodies(count: number, patience = 10_000): Promise<string[]> {
    const found = (): string[] | undefined => {
      const bodies = this.#stanzas.flatMap((one) => (one.startsWith('<message') ? (bodyOf(one) ?? []) : []))
      return bodies.length >= count ? bodies : undefined
    }
    return this.#until(found, `${count} messages`, patience).then((bodies) => {
      this.#stanzas = []
      return bodies
    })
  }

  /** Takes what has come, with all that the server had to say before it answers a ping. */
  async all(patience = 10_000): Promise<string[]> {
    const id = `all-${++pings}`
    this.send(`<iq type='get' id='${id}'><ping xmlns='urn:xmpp:ping'/></iq>`)
    const find = (): number | undefined => {
      const at = this.#stanzas.findIndex((one) => one.startsWith('<iq') && attributeOf(one, 'id') === id)
      return at < 0 ? undefined : at
    }
    const at = await this.#until(find, 'answer to a ping', patience)
    return this.#stanzas.splice(0, at + 1).slice(0, -1)
  }

  /** What has been read, so counted, and not taken. */
  rest(): string[] {
    return this.#stanzas.splice(0)
  }

  async messages(): Promise<string[]> {
    return (await this.all()).filter((one) => one.startsWith('<message'))
  }

  /** The next element that is no stanza, nor `<r/>`. */
  other(patience = 10_000): Promise<string> {
    return this.#until(() => this.#others.shift(), 'element that is no stanza', patience)
  }

  acknowledge(h: number = this.h): void {
    this.send(`<a xmlns='${SM}' h='${h}'/>`)
  }

  /** What the server says it has handled. */
  async handled(patience = 10_000): Promise<number> {
    this.send(R)
    return Number(attributeOf(await this.other(patience), 'h'))
  }

  /** RST. */
  lose(): void {
    this.#read()
    this.raw.reset()
  }
}

export interface Place {
  readonly port: number
  readonly isSecure: boolean
}

/** Logged in, with stream management, and available unless told otherwise. */
export async function managed(
  place: Place,
  jid: string,
  options: LoginOptions & { readonly enable?: string } = {},
): Promise<Managed> {
  const { presence = true, enable, ...others } = options
  const client = new Managed(await login(place, jid, others))
  await client.enable(enable)
  if (presence) client.send('<presence/>')
  await client.all()
  return client
}

/** Logged in, and nothing bound: what `<resume/>` needs. */
export async function authenticated(place: Place, jid: string, from?: string): Promise<RawClient> {
  const at = jid.lastIndexOf('@')
  const [local, host] = [jid.slice(0, at), jid.slice(at + 1)]
  const raw = await RawClient.connect({ port: place.port, ...(from === undefined ? {} : { from }) })
  await raw.open(host)
  if (place.isSecure) {
    await raw.startTls({ servername: host })
    await raw.open(host)
  }
  await raw.authenticate(local, host)
  return raw
}

/** Asks for a session on a new connection; the client and `<resumed/>` or `<failed/>`. */
export async function resume(
  place: Place,
  jid: string,
  before: { readonly id: string; readonly h: number },
  h: number | string = before.h,
): Promise<[Managed, string]> {
  const raw = await authenticated(place, jid)
  raw.jid = jid
  const client = new Managed(raw, before.id, before.h)
  client.send(`<resume xmlns='${SM}' previd='${before.id}' h='${h}'/>`)
  return [client, await client.other()]
}
