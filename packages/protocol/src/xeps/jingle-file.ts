/**
 * Jingle File Transfer (XEP-0234 0.19.1): what a Jingle content offers or asks for, and what is said about it on the way. The transfer itself
 * is a transport's (jingle-ibb.ts).
 */
import {
  attribute,
  child,
  children,
  dateTime,
  type ElementCodec,
  element,
  ignorableChildren,
  integer,
  mapped,
  oneOf,
  optionalAttribute,
  optionalChild,
  optionalText,
  ownText,
  string,
} from '../codec/index.ts'
import { type Element, el } from '../xml/index.ts'
import { safeFileName } from './file-name.ts'
import { type Hash, hash, hashUsed } from './hashes.ts'
import type { JingleContent, JingleParty } from './jingle.ts'

export const JINGLE_FILE_NS = 'urn:xmpp:jingle:apps:file-transfer:5'
export const JINGLE_FILE_ERRORS_NS = 'urn:xmpp:jingle:apps:file-transfer:errors:0'

export interface JingleRange {
  /** Bytes to skip; 0 where it is missing. */
  readonly offset?: number | undefined
  /** Bytes to send; up to the end where it is missing. */
  readonly length?: number | undefined
  /** Of these bytes alone. */
  readonly hashes: readonly Hash[]
}

export interface JingleFile {
  /** Only ever the last part of a path, safe to show and to save under. [XEP-0234 12] */
  readonly name?: string | undefined
  /** `application/octet-stream` where it is missing. */
  readonly mediaType?: string | undefined
  /** Bytes. What arrives beyond them is not to be kept. [XEP-0234 9.2] */
  readonly size?: number | undefined
  /** When it was last changed, in milliseconds since 1970. */
  readonly date?: number | undefined
  readonly descriptions: readonly { readonly language?: string | undefined; readonly text: string }[]
  /** Parts of the file can be sent; with values, this one. [XEP-0234 5, 6.4] */
  readonly range?: JingleRange | undefined
  readonly hashes: readonly Hash[]
  /** The hashes come later, in a `checksum`, and will be of these functions. [XEP-0234 8.2] */
  readonly hashesUsed: readonly { readonly algorithm: string }[]
}

const count = integer(0)

const file: ElementCodec<JingleFile> = element(JINGLE_FILE_NS, 'file', {
  name: mapped(optionalText('name'), safeFileName, (name) => safeFileName(name ?? '') ?? ''), // [S125]
  mediaType: optionalText('media-type'),
  size: optionalText('size', count),
  date: optionalText('date', dateTime),
  descriptions: children(
    element(JINGLE_FILE_NS, 'desc', { language: optionalAttribute('xml:lang', string), text: ownText() }),
  ),
  range: optionalChild(
    element(JINGLE_FILE_NS, 'range', {
      offset: optionalAttribute('offset', count),
      length: optionalAttribute('length', count),
      hashes: ignorableChildren(hash),
    }),
  ),
  hashes: ignorableChildren(hash),
  hashesUsed: ignorableChildren(hashUsed),
})

/** The description of a content. */
export const jingleFile: ElementCodec<{ readonly file: JingleFile }> = element(JINGLE_FILE_NS, 'description', {
  file: child(file),
})

const party = oneOf('initiator', 'responder')

/** The content whose file arrived whole; in a `session-info`. [XEP-0234 8.1] */
export const jingleReceived: ElementCodec<{ readonly creator: JingleParty; readonly name: string }> = element(
  JINGLE_FILE_NS,
  'received',
  { creator: attribute('creator', party), name: attribute('name', string) },
)

export interface JingleChecksum {
  readonly creator: JingleParty
  /** Of the content. */
  readonly name: string
  /** With hashes, of the file or of its range. */
  readonly file: JingleFile
}

/** In a `session-info` of the sender of the file. [XEP-0234 8.2] */
export const jingleChecksum: ElementCodec<JingleChecksum> = element(JINGLE_FILE_NS, 'checksum', {
  creator: attribute('creator', party),
  name: attribute('name', string),
  file: child(file),
})

/** Whether who added the content sends the file; else that party asks for it. [XEP-0234 4.1] */
export function isOffer({ creator, senders }: JingleContent): boolean {
  return creator === senders
}

/** The application's part of a reason: beside `failed-application`, or beside `media-error`. [XEP-0234 9] */
export function jingleFileError(name: 'file-not-available' | 'file-too-large'): Element {
  return el(name, JINGLE_FILE_ERRORS_NS)
}
