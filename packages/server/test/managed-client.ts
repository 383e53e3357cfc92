/** A client of the tests that speaks stream management: it counts what came, acknowledges what it is told to, and resumes. */
import { NS } from '@rookery/protocol'
import { MANAGEMENT_NS as SM } from '@rookery/protocol/xeps/management'
import type { Element } from '@rookery/protocol/xml'
import { type MemoryClient, type MemoryServer, turns } from './memory-server.ts'

/** A client with stream management: what came, and what it would acknowledge. */
export class Managed {
  readonly client: MemoryClient
  id = ''
  /** Stanzas that came. */
  h = 0
  readonly #inbox: Element[] = []

  constructor(client: MemoryClient) {
    this.client = client
  }

  async enable(attributes = "resume='true'"): Promise<Element> {
    this.client.send(`<enable xmlns='${SM}' ${attributes}/>`)
    const answer = await this.#nonza()
    this.id = answer?.attr('id') ?? ''
    return answer!
  }

  async #nonza(): Promise<Element | undefined> {
    for (;;) {
      const next = await this.client.next()
      if (next === undefined || (next.ns === SM && next.name !== 'r')) return next
      this.#take(next)
    }
  }

  #take(element: Element): void {
    if (element.ns !== NS.client) return
    this.h++
    this.#inbox.push(element)
  }

  /** All stanzas that have come since the last call, but for the answer to the question by which it is known. */
  async all(): Promise<Element[]> {
    for (const one of await this.client.all()) this.#take(one)
    this.h++ // that answer
    return this.#inbox.splice(0)
  }

  acknowledge(h: number = this.h): void {
    this.client.send(`<a xmlns='${SM}' h='${h}'/>`)
  }

  /** What the server says it has handled. */
  async handled(): Promise<number> {
    this.client.send(`<r xmlns='${SM}'/>`)
    return Number((await this.#nonza())?.attr('h'))
  }

  async lose(): Promise<void> {
    this.client.destroy()
    await turns()
  }

  /** Resumes on a connection of its own; the answer. */
  async resume(
    server: MemoryServer,
    local: string,
    h: number | string = this.h,
  ): Promise<[Managed, Element | undefined]> {
    const next = new Managed(await server.authenticated(local))
    next.h = this.h
    next.id = this.id
    next.client.send(`<resume xmlns='${SM}' previd='${this.id}' h='${h}'/>`)
    return [next, await next.#nonza()]
  }
}

/** Logs in with stream management, and says that it is there. */
export async function managed(
  server: MemoryServer,
  local: string,
  resource = 'one',
  attributes?: string,
): Promise<Managed> {
  const one = new Managed(await server.login(local, resource))
  await one.enable(attributes)
  one.client.send('<presence/>')
  await one.all()
  return one
}
