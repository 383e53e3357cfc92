/** Where a connection is to break: after so many bytes, or at a stanza. It counts what passes in both directions, and says when it is time. */
import { NS } from '@rookery/protocol'
import { Element } from '@rookery/protocol/xml'
import type { Piece } from './pieces.ts'

export type Direction = 'toClient' | 'toServer'

/**
 * Counted from the beginning of the connection. Bytes are those within TLS; over WebSocket, with the frames around them. An element is everything between
 * the tags of the stream, negotiation and acknowledgements included; a stanza is a message, presence or IQ.
 */
export type Place = {
  readonly direction: Direction
} & (
  | { readonly byte: number }
  | { readonly element: number; readonly where: Where }
  | { readonly stanza: number; readonly where: Where }
)
/** `before`: it is not seen by the other side. `within`: half of it is. `after`: all of it is, and nothing behind it. */
export type Where = 'before' | 'within' | 'after'

/**
 * `reset` (default): both sides learn that the connection broke. `end`: both see its end. `freeze`: nothing passes any more and nobody learns of it.
 */
export type How = 'reset' | 'end' | 'freeze'

export type Cut = Place & { readonly how?: How }

export interface Counts {
  bytes: number
  elements: number
  stanzas: number
}

export class Valve {
  readonly counts: Readonly<Record<Direction, Counts>> = { toClient: none(), toServer: none() }
  #cuts: Cut[] = []

  add(cut: Cut): void {
    this.#cuts.push(cut)
  }

  /** How much of a piece goes through, and the cut that is due behind that. */
  pass(direction: Direction, { bytes, what }: Piece): { bytes: Buffer; cut: Cut | undefined } {
    const counts = this.counts[direction]
    const before = counts.bytes
    counts.bytes += bytes.length
    if (what instanceof Element) counts.elements++
    if (isStanza(what)) counts.stanzas++
    let passing = bytes.length
    let due: Cut | undefined
    for (const cut of this.#cuts) {
      const at = cut.direction === direction ? placeIn(cut, bytes.length, before, counts, what) : undefined
      if (at === undefined || at > passing || (due !== undefined && at === passing)) continue
      passing = at
      due = cut
    }
    if (due !== undefined) this.#cuts = this.#cuts.filter((cut) => cut !== due)
    return { bytes: passing === bytes.length ? bytes : bytes.subarray(0, passing), cut: due }
  }
}

function none(): Counts {
  return { bytes: 0, elements: 0, stanzas: 0 }
}

/** Where a cut falls into a piece; undefined: not into this one. */
function placeIn(cut: Cut, size: number, before: number, counts: Counts, what: Piece['what']): number | undefined {
  if ('byte' in cut) return cut.byte >= before && cut.byte <= before + size ? cut.byte - before : undefined
  const isIt =
    'stanza' in cut
      ? isStanza(what) && counts.stanzas === cut.stanza
      : what instanceof Element && counts.elements === cut.element
  if (!isIt) return undefined
  return cut.where === 'before' ? 0 : cut.where === 'after' ? size : size >> 1
}

export function isStanza(what: unknown): what is Element {
  return (
    what instanceof Element &&
    what.ns === NS.client &&
    (what.name === 'message' || what.name === 'presence' || what.name === 'iq')
  )
}
