/** What people receive: held against what was written, in order, with nothing left over. */
import type { Cast } from './cast.ts'
import { fitPattern, type Pattern } from './pattern.ts'
import { type ClientEvent, describe, type TestClient } from './test-client.ts'
import { showXml } from './xml.ts'

interface Tolerated {
  readonly pattern: Pattern
  readonly isOnce: boolean
}

export class Expectations {
  readonly #cast: Cast
  readonly #tolerated = new Map<TestClient, Tolerated[]>()

  constructor(cast: Cast) {
    this.#cast = cast
  }

  /** From now on the client may receive these, once each or as often as they come. */
  tolerate(client: TestClient, patterns: readonly Pattern[], isOnce: boolean): void {
    const already = this.#tolerated.get(client) ?? []
    this.#tolerated.set(client, [...already, ...patterns.map((pattern) => ({ pattern, isOnce }))])
  }

  /** The next thing that is not tolerated. */
  async nextOf(client: TestClient): Promise<ClientEvent | undefined> {
    for (;;) {
      const event = await client.next()
      if (!event || !this.#isTolerated(client, event)) return event
    }
  }

  async inOrder(client: TestClient, patterns: readonly Pattern[]): Promise<void> {
    for (const pattern of patterns) await this.#expect(client, [pattern])
  }

  async inAnyOrder(client: TestClient, patterns: readonly Pattern[]): Promise<void> {
    const open = [...patterns]
    while (open.length > 0) open.splice(await this.#expect(client, open), 1)
  }

  async oneOf(client: TestClient, patterns: readonly Pattern[]): Promise<void> {
    await this.#expect(client, patterns)
  }

  /** Proves by round trips that nothing more is under way, first to those who sent, then to those who must not receive. */
  async nothingLeft(clients: readonly TestClient[]): Promise<void> {
    for (const sender of this.#cast.clients.values()) if (sender.isDirty) await sender.fence()
    for (const client of clients) {
      await client.fence()
      this.#complainAboutLeftOvers(client)
      this.#tolerated.set(client, this.#tolerated.get(client)?.filter(({ isOnce }) => !isOnce) ?? [])
    }
  }

  async #expect(client: TestClient, patterns: readonly Pattern[]): Promise<number> {
    for (;;) {
      const event = await client.next()
      const differences: string[] = []
      if (event?.kind === 'element') {
        for (const [index, pattern] of patterns.entries()) {
          const fit = fitPattern(pattern, event.xml, this.#cast.captures, client.recipient)
          if ('captures' in fit) {
            this.#cast.captures = fit.captures
            return index
          }
          differences.push(fit.difference)
        }
        if (this.#isTolerated(client, event)) continue
      }
      const expected = patterns.map(({ source }) => showXml(source)).join('\n         or ')
      const why = differences.length > 0 ? `\n  because  ${differences.join('\n       or  ')}` : ''
      throw new Error(
        `${client.name} did not receive what was expected\n  expected ${expected}\n  got      ${describe(event)}${why}`,
      )
    }
  }

  #complainAboutLeftOvers(client: TestClient): void {
    const events = client.takeAll().filter((event) => !this.#isTolerated(client, event))
    if (events.length === 0) return
    throw new Error(`${client.name} received what nobody expected\n  got ${events.map(describe).join('\n      ')}`)
  }

  #isTolerated(client: TestClient, event: ClientEvent): boolean {
    const tolerated = this.#tolerated.get(client) ?? []
    if (event.kind !== 'element') return false
    for (const [index, { pattern, isOnce }] of tolerated.entries()) {
      const fit = fitPattern(pattern, event.xml, this.#cast.captures, client.recipient)
      if ('difference' in fit) continue
      this.#cast.captures = fit.captures
      if (isOnce) tolerated.splice(index, 1)
      return true
    }
    return false
  }
}
