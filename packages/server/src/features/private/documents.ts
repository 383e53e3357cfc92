/** Private documents of an account in storage: one for each element name and namespace, as wire XML. */

import { Element, parseElement, writeElement } from '@rookery/protocol/xml'
import type { DocumentStore } from '@rookery/storage'
import { storedLimits } from '../../stored-stanza.ts'

const prefix = 'private:'

/** No two elements have the same key: a local name has no brace. */
export function keyOf(element: Element): string {
  return `${prefix}${element.name}}${element.ns}`
}

export class PrivateDocuments {
  readonly #store: DocumentStore

  constructor(store: DocumentStore) {
    this.#store = store
  }

  /** What is kept under the name and namespace of `asked`; undefined when nothing is. */
  async read(local: string, asked: Element): Promise<Element | undefined> {
    const kept = await this.#store.get(local, keyOf(asked))
    if (kept === undefined) return undefined
    const element = parseElement(kept, storedLimits)
    if (element instanceof Element) return element
    throw element
  }

  async write(local: string, element: Element, wire: string = wireOf(element)): Promise<void> {
    await this.#store.put(local, keyOf(element), wire)
  }

  async remove(local: string, element: Element): Promise<void> {
    await this.#store.remove(local, keyOf(element))
  }

  /** Keys in use. */
  async keys(local: string): Promise<Set<string>> {
    const infos = await this.#store.list(local)
    return new Set(infos.flatMap(({ key }) => (key.startsWith(prefix) ? [key] : [])))
  }
}

/** As a document of its own. */
export function wireOf(element: Element): string {
  return writeElement(element, '')
}

/** Nothing in it: reading it gives the same as reading what was never kept. */
export function isBlank(element: Element): boolean {
  return element.children.length === 0 && element.attributes.length === 0
}
