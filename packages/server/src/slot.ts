/** State that a feature keeps on a session: declared, typed, and never anywhere else. */

/** What a slot outlives: nothing (gone with the connection), or the resumption of the session. */
export type SlotLife = 'connection' | 'resumption'

export interface Slot<T> {
  readonly name: string
  readonly life: SlotLife
  readonly initial: () => T
}

/** Declares a slot; `initial` makes the value of a session that has none yet. */
export function slot<T>(name: string, life: SlotLife, initial: () => T): Slot<T> {
  return { name, life, initial }
}

/** The slots of one session; nothing is allocated until the first is written. */
export class SlotValues {
  #values: Map<Slot<unknown>, unknown> | undefined

  /** The value, made by `initial` (and kept) when there is none. */
  get<T>(slot: Slot<T>): T {
    const found = this.#values?.get(slot)
    if (found !== undefined) return found as T
    const made = slot.initial()
    this.set(slot, made)
    return made
  }

  /** The value if there is one. */
  peek<T>(slot: Slot<T>): T | undefined {
    return this.#values?.get(slot) as T | undefined
  }

  set<T>(slot: Slot<T>, value: T): void {
    this.#values ??= new Map()
    this.#values.set(slot, value)
  }
}
