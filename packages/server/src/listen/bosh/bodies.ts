/** The bodies a BOSH session answers with, and what they say beside the payload (XEP-0124 sections 7.2, 9, 13 and 17, XEP-0206). */
import { NS } from '@rookery/protocol'
import { type StreamHeader, writeBoshBody, xbosh } from '@rookery/protocol/stream'
import { versionFor, type Wishes } from './request.ts'
import type { Terms } from './session.ts'

/** What clients may have answers called that read no other type. Not as a page: nothing of ours is one. [XEP-0124 7.1] */
const contentTypes = ['text/xml', 'application/xml', 'text/plain']

const usual = 'text/xml; charset=utf-8'

export class Bodies {
  readonly contentType: string
  /** Of XMPP, as the client says it. [XEP-0206 3] */
  readonly version: string
  readonly #sid: string
  readonly #rid: number
  readonly #wishes: Wishes
  readonly #terms: Terms
  #isFirst = true
  #wasEmpty = false

  constructor(sid: string, rid: number, wishes: Wishes, terms: Terms) {
    this.#sid = sid
    this.#rid = rid
    this.#wishes = wishes
    this.#terms = terms
    this.version = wishes.version
    const type = wishes.contentType?.split(';')[0]?.trim().toLowerCase()
    this.contentType = type !== undefined && contentTypes.includes(type) ? `${type}; charset=utf-8` : usual
  }

  /** The session has not been created in the eyes of the client. */
  get isFirst(): boolean {
    return this.#isFirst
  }

  /** Whether the last answer held nothing. */
  get wasEmpty(): boolean {
    return this.#wasEmpty
  }

  /** [XEP-0124 7.2, XEP-0206 4] */
  first(elements: readonly string[], header: StreamHeader | undefined): string {
    this.#isFirst = false
    const { wait, hold, polling, inactivity, pause } = this.#terms
    const { ver, acknowledges } = this.#wishes
    return this.#write(elements, {
      sid: this.#sid,
      wait,
      requests: hold + 1,
      hold,
      polling,
      inactivity,
      maxpause: pause === 0 ? undefined : pause,
      ver: ver === undefined ? undefined : versionFor(ver),
      ack: acknowledges ? this.#rid : undefined,
      from: header?.from,
      authid: header?.id,
      'xmlns:xmpp': xbosh,
      'xmpp:version': '1.0',
      'xmpp:restartlogic': 'true',
    })
  }

  /** `ack`: the highest request received without a gap, where that is another one. [XEP-0124 9.2] */
  next(elements: readonly string[], ack: number | undefined): string {
    return this.#write(elements, { ack: this.#wishes.acknowledges ? ack : undefined })
  }

  empty(ack: number | undefined): string {
    return this.next([], ack)
  }

  /** What ends the session with the stream: cleanly, or with the error among the elements. [XEP-0206 6] */
  last(elements: readonly string[]): { condition: string | undefined; body: string } {
    const error = elements.find((element) => element.startsWith('<stream:error'))
    // no session was made for a host that is none of ours [XEP-0124 17.2]
    const isUnknown = this.#isFirst && error?.includes('<host-unknown ') === true
    const condition = error === undefined ? undefined : isUnknown ? 'host-unknown' : 'remote-stream-error'
    return { condition, body: this.#write(isUnknown ? [] : elements, { type: 'terminate', condition }) }
  }

  /** [XEP-0124 17.2] */
  terminal(condition: string): string {
    return writeBoshBody({ type: 'terminate', condition }, '')
  }

  /** Ask again. [XEP-0124 17.3] */
  recoverable(): string {
    return writeBoshBody({ type: 'error' }, '')
  }

  #write(elements: readonly string[], attributes: Record<string, string | number | undefined>): string {
    this.#wasEmpty = elements.length === 0
    const isOfStream = elements.some((element) => element.startsWith('<stream:'))
    return writeBoshBody({ ...attributes, 'xmlns:stream': isOfStream ? NS.streams : undefined }, elements.join(''))
  }
}
