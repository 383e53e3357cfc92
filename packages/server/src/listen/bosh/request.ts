/** What one BOSH request says (XEP-0124 sections 7 to 15, XEP-0206), made out from its `<body/>`. Pure. */
import { type BoshBody, xbosh } from '@rookery/protocol/stream'
import type { Element } from '@rookery/protocol/xml'

export interface BoshRequest {
  readonly rid: number
  readonly sid: string | undefined
  readonly isTerminate: boolean
  /** Seconds. [XEP-0124 10] */
  readonly pause: number | undefined
  readonly key: string | undefined
  readonly newKey: string | undefined
  /** [XEP-0206 5] */
  readonly isRestart: boolean
  readonly to: string | undefined
  readonly from: string | undefined
  readonly lang: string | undefined
  readonly payloads: readonly Element[]
  /** All of it, for the count of bytes. */
  readonly wire: string
}

/** What a client wishes when it asks for a session. [XEP-0124 7.1] */
export interface Wishes {
  readonly wait: number
  readonly hold: number
  /** The version of BOSH it speaks; one that says none is told of errors by HTTP codes. [XEP-0124 17.1] */
  readonly ver: string | undefined
  readonly acknowledges: boolean
  readonly contentType: string | undefined
  /** Of XMPP. */
  readonly version: string
}

/** Undefined for what is malformed. */
export function readRequest(body: BoshBody, payloads: readonly Element[], wire: string): BoshRequest | undefined {
  const rid = wholeNumber(body.attr('rid'))
  if (rid === undefined || rid === 0) return undefined
  const pause = body.attr('pause')
  const seconds = wholeNumber(pause)
  if (pause !== undefined && seconds === undefined) return undefined
  return {
    rid,
    sid: body.attr('sid'),
    isTerminate: body.attr('type') === 'terminate',
    pause: seconds,
    key: body.attr('key'),
    newKey: body.attr('newkey'),
    isRestart: isTrue(body.attr(`{${xbosh}}restart`)),
    to: body.attr('to'),
    from: body.attr('from'),
    lang: body.attr('xml:lang'),
    payloads,
    wire,
  }
}

export function readWishes(body: BoshBody): Wishes {
  return {
    wait: wholeNumber(body.attr('wait')) ?? 60,
    hold: wholeNumber(body.attr('hold')) ?? 1,
    ver: body.attr('ver'),
    acknowledges: body.attr('ack') === '1',
    contentType: body.attr('content'),
    version: body.attr(`{${xbosh}}version`) ?? '1.0',
  }
}

/** Digits alone, below 2^53: larger numbers are not told apart. [XEP-0124 14.1] */
export function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || text.length === 0 || text.length > 16) return undefined
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 0x30 || c > 0x39) return undefined
  }
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}

function isTrue(text: string | undefined): boolean {
  return text === 'true' || text === '1'
}

const ourVersion = '1.11'

/** The lower one of the two. [XEP-0124 7.2] */
export function versionFor(asked: string): string {
  const [major, minor] = asked.split('.').map((part) => wholeNumber(part))
  if (major === undefined || minor === undefined || major > 1) return ourVersion
  return major < 1 || minor < 11 ? asked : ourVersion
}
