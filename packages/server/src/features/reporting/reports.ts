/** The newest reports of a host, in storage: `report:` and a number that grows, so many at most. */
import type { Jid } from '@rookery/protocol/jid'
import type { DocumentStore } from '@rookery/storage'
import type { Reported } from './read.ts'

const prefix = 'report:'
const host = ''

export class Reports {
  readonly #documents: DocumentStore
  readonly #kept: number
  #next = 0

  constructor(documents: DocumentStore, kept: number) {
    this.#documents = documents
    this.#kept = kept
  }

  /** Finds out where the numbers go on, and forgets what is more than is to be kept. */
  async load(): Promise<undefined> {
    const numbers: number[] = []
    for (const { key } of await this.#documents.list(host))
      if (key.startsWith(prefix)) numbers.push(Number(key.slice(prefix.length)))
    numbers.sort((a, b) => a - b)
    this.#next = (numbers.at(-1) ?? -1) + 1
    for (const number of numbers)
      if (number < this.#next - this.#kept) await this.#documents.remove(host, keyOf(number))
    return undefined
  }

  /** Resolves when it is durable. */
  async add(at: number, reporter: Jid, { jid, report }: Reported): Promise<void> {
    const number = this.#next++
    const text = JSON.stringify({
      at: new Date(at).toISOString(),
      reporter: reporter.toString(),
      reported: jid.toString(),
      ...report,
      stanzaIds: report.stanzaIds.map(({ id, by }) => ({ id, by: by.toString() })),
    })
    await this.#documents.put(host, keyOf(number), text)
    if (number >= this.#kept) await this.#documents.remove(host, keyOf(number - this.#kept))
  }
}

/** In the order of numbers also where keys are sorted as texts. */
function keyOf(number: number): string {
  return prefix + String(number).padStart(12, '0')
}
