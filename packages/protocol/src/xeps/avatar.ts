/**
 * User Avatar (XEP-0084 1.1.4): the picture and what is said about it, each in a node of its own. The id of both items is the SHA-1 of
 * the picture; whoever fetches it has to compare. Not the avatars in vCards, see vcard-avatar.ts.
 */
import {
  attribute,
  type ElementCodec,
  element,
  ignorableAttribute,
  ignorableChildren,
  integer,
  nonEmpty,
  ownText,
  sha1Hex,
  wrappedBase64,
} from '../codec/index.ts'
import { webLink } from './links.ts'

/** The namespace, and the node. */
export const AVATAR_DATA_NS = 'urn:xmpp:avatar:data'
/** The namespace, and the node. */
export const AVATAR_METADATA_NS = 'urn:xmpp:avatar:metadata'

/** A picture of type image/png. [XEP-0084 4.1] */
export const avatarData: ElementCodec<{ readonly data: Uint8Array }> = element(AVATAR_DATA_NS, 'data', {
  data: ownText(wrappedBase64),
})

export interface AvatarInfo {
  /** The SHA-1 of the picture in hexadecimal. */
  readonly id: string
  readonly bytes: number
  /** A content type, such as image/png. */
  readonly type: string
  /** In pixels. */
  readonly width?: number | undefined
  readonly height?: number | undefined
  /** Where the picture is, when it is not in the node; http or https. */
  readonly url?: string | undefined
}

export interface AvatarMetadata {
  /** The same picture in several types; none: there is no avatar. [XEP-0084 3.5, 4.2.1] */
  readonly infos: readonly AvatarInfo[]
}

export const avatarMetadata: ElementCodec<AvatarMetadata> = element(AVATAR_METADATA_NS, 'metadata', {
  infos: ignorableChildren(
    element(AVATAR_METADATA_NS, 'info', {
      id: attribute('id', sha1Hex),
      bytes: attribute('bytes', integer(0)),
      type: attribute('type', nonEmpty),
      width: ignorableAttribute('width', integer(0, 65_535)),
      height: ignorableAttribute('height', integer(0, 65_535)),
      url: ignorableAttribute('url', webLink),
    }),
  ),
})
