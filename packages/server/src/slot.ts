/** State that a feature keeps on a session: declared, typed, and never anywhere else. */

/** What a slot outlives: nothing (gone with the connection), or the resumption of the session, also after a restart of the server. */
export type SlotLife = 'connection' | 'resumption'

/** How a value that outlives the process is written down. */
export interface SlotText<T> {
  write(value: T): string
  /** Undefined for a text that is none. */
  read(text: string): T | undefined
}

export interface Slot<T> {
  readonly name: string
  readonly life: SlotLife
  readonly initial: () => T
  readonly text: SlotText<T> | undefined
}

/** Declares a slot whose value goes with the connection; `initial` makes that of a session that has none yet. */
export function slot<T>(name: string, life: 'connection', initial: () => T): Slot<T>
/** Declares a slot that outlives the connection, and the process with `text`. */
export function slot<T>(name: string, life: 'resumption', initial: () => T, text: SlotText<T>): Slot<T>
export function slot<T>(name: string, life: SlotLife, initial: () => T, text?: SlotText<T>): Slot<T> {
  return { name, life, initial, text }
}

/** For slots that hold yes or no. */
export const yesOrNo: SlotText<boolean> = {
  write: (value) => (value ? 'yes' : 'no'),
  read: (text) => (text === 'yes' ? true : text === 'no' ? false : undefined),
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

  /** Those that outlive the connection, as texts by name; the others are dropped. */
  save(): Record<string, string> {
    const saved: Record<string, string> = Object.create(null)
    for (const [slot, value] of this.#values ?? [])
      if (slot.text !== undefined) saved[slot.name] = slot.text.write(value)
    return saved
  }

  /** What `save` wrote; texts of unknown slots are left out. */
  load(saved: ReadonlyMap<string, string>, slots: readonly Slot<unknown>[]): void {
    for (const slot of slots) {
      const text = saved.get(slot.name)
      const value = text === undefined ? undefined : slot.text?.read(text)
      if (value !== undefined) this.set(slot, value)
    }
  }

  /** The connection is gone: forgets what goes with it. */
  detach(): void {
    for (const slot of this.#values?.keys() ?? []) if (slot.life === 'connection') this.#values?.delete(slot)
  }
}

/** What a feature remembers of one trip from phase to phase. */
export interface TripSlot<T> {
  readonly name: string
  /** Its place among the values of a trip. */
  readonly index: number
  /** Never there; carries the type. */
  readonly value?: T
}

let tripSlots = 0

/** Declares such a slot, once, when the feature is loaded. */
export function tripSlot<T>(name: string): TripSlot<T> {
  return { name, index: tripSlots++ }
}

/** Room for what is remembered of one trip. */
export function tripMemory(): unknown[] {
  return new Array(tripSlots)
}
