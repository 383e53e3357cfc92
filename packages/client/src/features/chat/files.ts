/**
 * Files in messages: Stateless File Sharing (XEP-0447 0.3.1) with metadata (XEP-0446), and plain links beside the text (XEP-0066 1.5). Not
 * reached from the feature: only who calls one of these functions has it in the bundle. Nothing is uploaded or fetched here.
 */
import { findAll, isBroken } from '@rookery/protocol/codec'
import { fallbackRanges } from '@rookery/protocol/xeps/fallback'
import {
  attachTo,
  downloadsOf,
  FILE_SHARING_NS,
  type FileMetadata,
  fileSharing,
  fileSources,
  sharedFiles,
} from '@rookery/protocol/xeps/file-sharing'
import { outOfBand } from '@rookery/protocol/xeps/oob'
import type { Attachment } from './content.ts'
import type { ChatMessage } from './message.ts'

/** What is known of a file, without the details that only one of its parts has. */
export interface FileInfo extends Partial<Omit<FileMetadata, 'descriptions'>> {
  /** For people to read. */
  readonly description?: string | undefined
}

export interface SharedFile extends FileInfo {
  /** Where it can be fetched: check it against `hashes`. None: its sender will tell later. Whoever fetches it shows that they read. */
  readonly urls: readonly string[]
  /** Whether it is to be shown in the text, or to be saved. Unknown: as its type suggests. */
  readonly disposition?: 'inline' | 'attachment' | undefined
  /** Of the file, where a message has several. */
  readonly id?: string | undefined
}

/** More places of a file that was shared before. */
export interface FileSource {
  /** The `id` of the message that shared it. Only who is its author is to be believed, or who has a hash that can be checked. */
  readonly messageId: string
  readonly fileId: string | undefined
  readonly urls: readonly string[]
}

/** The files of a message: as they are described, else the links beside its text. */
export function filesOf({ element }: ChatMessage): SharedFile[] {
  const shared = sharedFiles(element).map(({ file, sources, disposition, id }) => {
    const { descriptions, ...info } = file
    const urls = sources === undefined ? [] : downloadsOf(file, sources)
    return { ...info, description: descriptions[0]?.text, urls, disposition, id }
  })
  if (shared.length > 0) return shared
  return findAll(outOfBand, element).map(({ url, description }) => ({ urls: [url], description }))
}

/** Where a file can be fetched that an earlier message has described; undefined when the message does not say so. [XEP-0447 3.3] */
export function sourceOf({ element }: ChatMessage): FileSource | undefined {
  const target = attachTo.find(element)
  const sources = fileSources.find(element)
  if (target === undefined || isBroken(target) || sources === undefined || isBroken(sources)) return undefined
  return { messageId: target.id, fileId: sources.id, urls: sources.urls.map((source) => source.target) }
}

/** Whether the text says nothing that is not in the files: it need not be shown beside them. */
export function isOnlyFiles({ element, fullBody }: ChatMessage): boolean {
  if (fullBody === undefined) return true
  const links = findAll(outOfBand, element).map(({ url }) => url)
  if (links.includes(fullBody.trim())) return true
  const [range] = fallbackRanges(element, fullBody, [FILE_SHARING_NS])
  return range !== undefined && range[0] === 0 && range[1] === fullBody.length
}

/**
 * A file to send, that can be fetched at these addresses (of `client.upload`):
 * `client.chat.send(to, { attach: attachFile(url, { name: 'rose.jpg', mediaType: 'image/jpeg', size: 3200 }) })`.
 */
export function attachFile(
  url: string | readonly string[],
  { description, ...info }: FileInfo = {},
  disposition?: 'inline' | 'attachment',
): Attachment {
  const urls = [url].flat()
  const metadata: FileMetadata = {
    hashes: [],
    thumbnails: [],
    ...info,
    descriptions: description === undefined ? [] : [{ text: description }],
  }
  const sources = { urls: urls.map((target) => ({ target })) }
  const elements = [fileSharing.build({ file: metadata, sources, disposition })]
  // [XEP-0447 3.1] for clients that know only one link
  if (urls.length === 1) elements.push(outOfBand.build({ url: urls[0]! }))
  return { elements, text: urls[0] ?? '', fallbackFor: FILE_SHARING_NS }
}

/** A link to send beside the text, or as the text. */
export function attachLink(url: string, description?: string): Attachment {
  return { elements: [outOfBand.build({ url, description })], text: url }
}
