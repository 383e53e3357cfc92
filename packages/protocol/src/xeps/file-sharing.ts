/**
 * Stateless File Sharing (XEP-0447 0.3.1) with File Metadata (XEP-0446 0.2.0), thumbnails (XEP-0264 0.4.2) and URLs as sources
 * (XEP-0103 0.4.1): what a file is, and where it is. Sources of other kinds are left out; nothing is fetched here.
 */
import {
  attribute,
  child,
  children,
  dateTime,
  type ElementCodec,
  element,
  findAll,
  ignorableAttribute,
  ignorableChildren,
  integer,
  mapped,
  nonEmpty,
  oneOf,
  optionalAttribute,
  optionalChild,
  optionalText,
  ownText,
  string,
} from '../codec/index.ts'
import type { Element } from '../xml/index.ts'
import { safeFileName } from './file-name.ts'
import { type Hash, hash, webCryptoName } from './hashes.ts'
import { linkOf, webLink } from './links.ts'

export const FILE_SHARING_NS = 'urn:xmpp:sfs:0'
export const FILE_METADATA_NS = 'urn:xmpp:file:metadata:0'
export const THUMBNAILS_NS = 'urn:xmpp:thumbs:1'
export const URL_DATA_NS = 'http://jabber.org/protocol/url-data'
export const ATTACHING_NS = 'urn:xmpp:message-attaching:1'

export interface Thumbnail {
  /** A `cid:` (XEP-0231) or a link of the web. */
  readonly uri: string
  readonly mediaType?: string | undefined
  /** Pixels. */
  readonly width?: number | undefined
  readonly height?: number | undefined
}

export interface FileMetadata {
  readonly mediaType?: string | undefined
  /** A name, never a path. */
  readonly name?: string | undefined
  /** Of the last change, in milliseconds since 1970 in UTC. */
  readonly date?: number | undefined
  /** Bytes. */
  readonly size?: number | undefined
  /** Pixels. */
  readonly width?: number | undefined
  readonly height?: number | undefined
  /** Milliseconds. */
  readonly length?: number | undefined
  readonly hashes: readonly Hash[]
  /** One for each language. */
  readonly descriptions: readonly { readonly language?: string | undefined; readonly text: string }[]
  readonly thumbnails: readonly Thumbnail[]
}

const count = integer(0)

const thumbnail: ElementCodec<Thumbnail> = element(THUMBNAILS_NS, 'thumbnail', {
  uri: attribute('uri', linkOf(['https', 'http', 'cid'])),
  mediaType: optionalAttribute('media-type', string),
  width: optionalAttribute('width', count),
  height: optionalAttribute('height', count),
})

export const fileMetadata: ElementCodec<FileMetadata> = element(FILE_METADATA_NS, 'file', {
  mediaType: optionalText('media-type'),
  name: mapped(optionalText('name'), safeFileName, (name) => name ?? ''), // [XEP-0446 3]
  date: optionalText('date', dateTime),
  size: optionalText('size', count),
  width: optionalText('width', count),
  height: optionalText('height', count),
  length: optionalText('length', count),
  hashes: ignorableChildren(hash),
  descriptions: children(
    element(FILE_METADATA_NS, 'desc', { language: optionalAttribute('xml:lang', string), text: ownText() }),
  ),
  thumbnails: ignorableChildren(thumbnail),
})

export interface FileSources {
  /** Of the file, where a message has several. */
  readonly id?: string | undefined
  readonly urls: readonly { readonly target: string }[]
}

/** With a file, or later in a message with `attachTo`. [XEP-0447 3.3] */
export const fileSources: ElementCodec<FileSources> = element(FILE_SHARING_NS, 'sources', {
  id: optionalAttribute('id', string),
  urls: ignorableChildren(element(URL_DATA_NS, 'url-data', { target: attribute('target', webLink) })),
})

/** Message Attaching (XEP-0367 0.3): `id` is that of the message with the file. */
export const attachTo: ElementCodec<{ readonly id: string }> = element(ATTACHING_NS, 'attach-to', {
  id: attribute('id', nonEmpty),
})

export interface FileSharing {
  /** Missing: as the type of the file suggests. [XEP-0447 3.2] */
  readonly disposition?: 'inline' | 'attachment' | undefined
  /** Where a message has several. */
  readonly id?: string | undefined
  readonly file: FileMetadata
  /** None: they will be attached. */
  readonly sources?: FileSources | undefined
}

export const fileSharing: ElementCodec<FileSharing> = element(FILE_SHARING_NS, 'file-sharing', {
  disposition: ignorableAttribute('disposition', oneOf('inline', 'attachment')),
  id: optionalAttribute('id', string),
  file: child(fileMetadata),
  sources: optionalChild(fileSources),
})

/** The files of a message, without those that are broken. */
export function sharedFiles(message: Element): FileSharing[] {
  return findAll(fileSharing, message)
}

/**
 * Where a file may be fetched. Without a hash that can be checked: over TLS only, and, from sources `attached` later, only those of the one
 * who shared it, which is for the reader to see. [XEP-0447 6]
 */
export function downloadsOf(file: FileMetadata, { urls }: FileSources): string[] {
  const targets = urls.map(({ target }) => target)
  return canBeChecked(file) ? targets : targets.filter((target) => /^https:/i.test(target))
}

/** Whether a hash tells that what was fetched is what was shared. */
export function canBeChecked({ hashes }: FileMetadata): boolean {
  return hashes.some(({ algorithm }) => webCryptoName(algorithm) !== undefined)
}
