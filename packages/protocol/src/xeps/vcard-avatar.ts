/** vCard-Based Avatars (XEP-0153 1.1.1): in presence, which picture the vCard has. The picture itself is in vcard.ts. */
import { type ElementCodec, element, ignorableText, sha1Hex, type Text } from '../codec/index.ts'

export const VCARD_AVATAR_NS = 'vcard-temp:x:update'

export interface VCardAvatar {
  /** The SHA-1 of the picture in hexadecimal; empty: there is none; missing: not known yet. [XEP-0153 4.1] */
  readonly photo?: string | undefined
}

const photo: Text<string> = {
  expected: sha1Hex.expected,
  decode: (text) => (text === '' ? '' : sha1Hex.decode(text)),
  encode: sha1Hex.encode,
}

export const vcardAvatar: ElementCodec<VCardAvatar> = element(VCARD_AVATAR_NS, 'x', {
  photo: ignorableText('photo', photo),
})
