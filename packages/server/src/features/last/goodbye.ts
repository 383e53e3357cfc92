/** When an account was last here and what it said when it left, as it is kept. XEP-0012 2.0 section 3. Pure. */
import type { Presence } from '@rookery/protocol/stanza'

export interface Goodbye {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** '' for none. */
  readonly status: string
}

/** Of a status, in UTF-16 units: it is kept for everybody who ever logged in. */
const longest = 500

export function goodbyeOf(presence: Presence): string {
  const status = presence.element.childText('status') ?? ''
  return status.length <= longest ? status : status.slice(0, longest).toWellFormed()
}

/** The time, a space, the status. */
export function formOf({ at, status }: Goodbye): string {
  return `${at} ${status}`
}

export function readForm(kept: string): Goodbye | undefined {
  const space = kept.indexOf(' ')
  const at = Number(kept.slice(0, space))
  return space < 1 || !Number.isSafeInteger(at) ? undefined : { at, status: kept.slice(space + 1) }
}
