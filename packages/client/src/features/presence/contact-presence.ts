/** What one device of somebody says of itself: a presence that was received, read when it is looked at. */
import { type ElementCodec, intact, parseInteger, trim } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'
import { idle } from '@rookery/protocol/xeps/idle'
import type { Element } from '@rookery/protocol/xml'
import { textIn } from '../../contract/text-in.ts'

/** Nothing of these: simply available. [RFC6121 4.7.2.1] */
export type Show = 'chat' | 'away' | 'xa' | 'dnd'

export const shows: readonly (Show | undefined)[] = ['chat', undefined, 'away', 'xa', 'dnd']

export class ContactPresence {
  /** Whose, with the resource. */
  readonly jid: Jid
  readonly isAvailable: boolean
  /** When it came, in ms since 1970. */
  readonly at: number
  readonly element: Element

  constructor(jid: Jid, isAvailable: boolean, at: number, element: Element) {
    this.jid = jid
    this.isAvailable = isAvailable
    this.at = at
    this.element = element
  }

  get show(): Show | undefined {
    const show = this.element.childText('show')
    return shows.find((one) => one === show)
  }

  /** −128 to 127; below 0 it takes no messages that are for anybody. [RFC6121 4.7.2.3] */
  get priority(): number {
    const number = parseInteger(trim(this.element.childText('priority') ?? '')) ?? 0
    return number < -128 || number > 127 ? 0 : number
  }

  /** The words; where they are in several languages, those without one, else the first. */
  get status(): string | undefined {
    return this.statusIn()
  }

  /** The words in this language, if they are there; the first otherwise. */
  statusIn(language?: string): string | undefined {
    return textIn(this.element, 'status', language)
  }

  /** Since when nobody has touched the device, in ms since 1970. [XEP-0319] */
  get idleSince(): number | undefined {
    return this.payload(idle)?.since
  }

  /** A payload by its codec; undefined where there is none, or where it is broken. */
  payload<T>(codec: ElementCodec<T>): T | undefined {
    return intact(codec.find(this.element))
  }

  /** Whether this device is the better one to reach somebody at. */
  isBetterThan(other: ContactPresence): boolean {
    const byShow = shows.indexOf(other.show) - shows.indexOf(this.show)
    return (this.priority - other.priority || byShow || this.at - other.at) > 0
  }
}
