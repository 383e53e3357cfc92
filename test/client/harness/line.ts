/** What carries pieces in both directions between two ends, in order: late, never, or up to the place where it breaks. */
import type { Piece } from './pieces.ts'
import { type Counts, type Cut, type Direction, type How, Valve } from './valve.ts'

export interface Ends {
  /** `bytes`: all of the piece, or what came through of it. */
  deliver(direction: Direction, bytes: Buffer, piece: Piece): void
  /** The sender in this direction has said all. */
  end(direction: Direction): void
  break(how: 'reset' | 'end'): void
  /** Whether to read on: while nobody does, what the senders send piles up with them. */
  flow(isFlowing: boolean): void
}

interface Load {
  readonly direction: Direction
  readonly piece: Piece | 'end' | 'reset'
}

export class Line {
  /** Milliseconds that everything takes from now on. */
  delay = 0
  readonly #ends: Ends
  readonly #valve = new Valve()
  /** Under way, and held back while it is frozen. */
  readonly #under: Load[] = []
  #held: Load[] = []
  #state: 'open' | 'frozen' | 'lost' | 'broken' = 'open'

  constructor(ends: Ends) {
    this.#ends = ends
  }

  /** What has passed so far. */
  get counts(): Readonly<Record<Direction, Counts>> {
    return this.#valve.counts
  }

  get isBroken(): boolean {
    return this.#state === 'broken'
  }

  cut(cut: Cut): void {
    this.#valve.add(cut)
  }

  /** `end`: the sender has said all. `reset`: its connection broke. */
  carry(direction: Direction, piece: Piece | 'end' | 'reset'): void {
    this.#under.push({ direction, piece })
    if (this.delay === 0 && this.#under.length === 1) this.#arrive()
    else setTimeout(() => this.#arrive(), this.delay)
  }

  /** Nothing passes any more; `thaw` lets it go on with what was held back. */
  freeze(): void {
    if (this.#state !== 'open') return
    this.#state = 'frozen'
    this.#ends.flow(false)
  }

  thaw(): void {
    if (this.#state !== 'frozen') return
    this.#state = 'open'
    const held = this.#held
    this.#held = []
    for (const load of held) this.#pass(load)
    this.#ends.flow(true)
  }

  break(how: How = 'reset'): void {
    if (this.#state === 'broken') return
    this.#state = how === 'freeze' ? 'lost' : 'broken'
    this.#held = []
    if (how === 'freeze') this.#ends.flow(false)
    else this.#ends.break(how)
  }

  #arrive(): void {
    const load = this.#under.shift()
    if (load !== undefined) this.#pass(load)
  }

  #pass(load: Load): void {
    if (this.#state === 'frozen') this.#held.push(load)
    if (this.#state !== 'open') return
    const { direction, piece } = load
    if (piece === 'end') return this.#ends.end(direction)
    if (piece === 'reset') return this.break()
    const { bytes, cut } = this.#valve.pass(direction, piece)
    if (bytes.length > 0) this.#ends.deliver(direction, bytes, piece)
    if (cut !== undefined) this.break(cut.how)
  }
}
