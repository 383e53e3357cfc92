// The PRECIS profiles that XMPP uses: UsernameCaseMapped and OpaqueString (RFC 8265), Nickname (RFC 8266). Each gives the prepared string, or
// undefined for a string the profile does not accept. What a JID adds on top (excluded characters) belongs to jid/.

import { inOneDirection, isFreeform, isIdentifier } from '#unicode'
import { encodeUtf8 } from '#utf8'

/** Longest result in bytes of UTF-8. [RFC7622 3.3] [RFC7622 3.4] */
export const MAX_BYTES: number = 1023
/** Longest input in UTF-16 units; no canonical composition makes fewer than two bytes of three units, so nothing longer can fit. */
export const MAX_UNITS: number = 3 * MAX_BYTES
/** Rules are applied once and at most three times more until nothing changes. [RFC8264 7] */
const ROUNDS = 4

/** A user name as in the localpart of a JID or in SASL. [RFC8265 3.3] */
export function prepareUsername(text: string): string | undefined {
  return prepare(text, mapUsername)
}

/** A password, or the resourcepart of a JID. [RFC8265 4.2] */
export function prepareOpaque(text: string): string | undefined {
  return prepare(text, mapOpaque)
}

/** A nickname as it is shown, for instance in a room. [RFC8266 2.3] */
export function prepareNickname(text: string): string | undefined {
  return prepare(text, mapNickname)
}

/**
 * A nickname as it is compared: two of them conflict when this is the same. [RFC8266 2.4] Take it of prepared nicknames on both sides: for a few
 * letters (U+03F9) the rules give another key before preparation than after.
 */
export function nicknameKey(text: string): string | undefined {
  return prepare(text, mapNicknameKey)
}

/** Lower case without the special place of the final sigma, which PRECIS does not know. [RFC8265 3.6] */
export function lowerCase(text: string): string {
  return text.replaceAll('\u03a3', '\u03c3').toLowerCase()
}

/** Fullwidth and halfwidth forms to their decompositions. [RFC8265 3.3.1] */
export function mapWidth(text: string): string {
  return text.replaceAll(/[\u3000\uff01-\uffee]/g, (char) => char.normalize('NFKC'))
}

function mapUsername(text: string): string | undefined {
  const narrow = mapWidth(text)
  if (!isIdentifier(narrow)) return undefined // [RFC8265 3.3.2]
  return inOneDirection(lowerCase(narrow).normalize('NFC')) // [RFC8265 3.3.3]
}

function mapOpaque(text: string): string | undefined {
  return isFreeform(text) ? mapSpaces(text).normalize('NFC') : undefined
}

function mapNickname(text: string): string | undefined {
  return isFreeform(text) ? collapseSpaces(mapSpaces(text)).normalize('NFKC') : undefined
}

function mapNicknameKey(text: string): string | undefined {
  return isFreeform(text) ? lowerCase(collapseSpaces(mapSpaces(text))).normalize('NFKC') : undefined
}

function prepare(text: string, map: (text: string) => string | undefined): string | undefined {
  let current = text
  for (let round = 0; round < ROUNDS; round++) {
    if (current === '' || current.length > MAX_UNITS) return undefined
    const next = map(current)
    if (next === undefined) return undefined
    if (next === current) return encodeUtf8(current).length <= MAX_BYTES ? current : undefined
    current = next
  }
  return undefined
}

/** Any space to U+0020. */
function mapSpaces(text: string): string {
  return text.replaceAll(/\p{Zs}/gu, ' ')
}

/** No space at the ends, and one where there were several. [RFC8266 2.1] */
function collapseSpaces(text: string): string {
  const words = text.split(' ')
  return words.filter((word) => word !== '').join(' ')
}
