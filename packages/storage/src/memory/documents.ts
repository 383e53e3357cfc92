/** The documents of one host in memory. */
import type { DocumentInfo, DocumentStore } from '../contracts.ts'
import { compareText, storedBytes } from '../text.ts'
import type { Owned } from './accounts.ts'
import type { Run } from './storage.ts'

export class MemoryDocuments implements DocumentStore, Owned {
  readonly #owners = new Map<string, Map<string, string>>()
  readonly #run: Run

  constructor(run: Run) {
    this.#run = run
  }

  get(owner: string, key: string): Promise<string | undefined> {
    return this.#run('documents.get', () => this.#owners.get(owner)?.get(key))
  }

  put(owner: string, key: string, value: string): Promise<void> {
    return this.#run('documents.put', () => {
      const documents = this.#owners.get(owner) ?? new Map<string, string>()
      this.#owners.set(owner, documents.set(key, value))
    })
  }

  remove(owner: string, key: string): Promise<boolean> {
    return this.#run('documents.remove', () => this.#owners.get(owner)?.delete(key) ?? false)
  }

  list(owner: string): Promise<DocumentInfo[]> {
    return this.#run('documents.list', () =>
      [...(this.#owners.get(owner) ?? [])]
        .map(([key, value]) => ({ key, bytes: storedBytes(value) }))
        .sort((a, b) => compareText(a.key, b.key)),
    )
  }

  forget(local: string): void {
    this.#owners.delete(local)
  }
}
