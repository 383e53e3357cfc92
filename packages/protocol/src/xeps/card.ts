/** What somebody says about themselves: the card that vcard.ts and vcard4.ts put on the wire, and what both need for reading it liberally. */
import { type OptionalPart, type RequiredPart, type Text, wrappedBase64 } from '../codec/index.ts'
import type { Element } from '../xml/index.ts'

/** What an address is for. `pref`: the one to take before others. */
export type VCardKind = 'home' | 'work' | 'pref' | 'cell' | 'voice' | 'fax' | 'pager' | 'video'

export interface VCardName {
  readonly family?: string | undefined
  readonly given?: string | undefined
  readonly middle?: string | undefined
  readonly prefix?: string | undefined
  readonly suffix?: string | undefined
}

/** The picture itself, or where it is. */
export interface VCardPhoto {
  /** A content type, such as image/png. */
  readonly type?: string | undefined
  readonly data?: Uint8Array | undefined
  /** http or https. */
  readonly url?: string | undefined
}

interface Reachable {
  readonly kinds?: readonly VCardKind[] | undefined
}

export interface VCardEmail extends Reachable {
  readonly address: string
}

export interface VCardPhone extends Reachable {
  readonly number: string
}

export interface VCardAddress extends Reachable {
  readonly postOfficeBox?: string | undefined
  readonly extended?: string | undefined
  readonly street?: string | undefined
  readonly locality?: string | undefined
  readonly region?: string | undefined
  readonly postalCode?: string | undefined
  readonly country?: string | undefined
}

export interface VCardOrganization {
  readonly name?: string | undefined
  readonly units?: readonly string[] | undefined
}

/** Lists are missing when they are empty. A question, and the answer of someone who has no card, have nothing. [XEP-0054 3.1] */
export interface VCard {
  /** How the name is shown. */
  readonly fullName?: string | undefined
  readonly name?: VCardName | undefined
  readonly nicknames?: readonly string[] | undefined
  readonly photo?: VCardPhoto | undefined
  /** A date, perhaps without the year. */
  readonly birthday?: string | undefined
  readonly addresses?: readonly VCardAddress[] | undefined
  readonly phones?: readonly VCardPhone[] | undefined
  readonly emails?: readonly VCardEmail[] | undefined
  readonly organization?: VCardOrganization | undefined
  readonly title?: string | undefined
  readonly role?: string | undefined
  /** http or https. */
  readonly urls?: readonly string[] | undefined
  readonly note?: string | undefined
  /** Properties that are not known here, as they came. */
  readonly others?: readonly Element[] | undefined
}

/** A list that is missing when it is empty. */
/* @__NO_SIDE_EFFECTS__ */
export function some<T>(part: RequiredPart<readonly T[]>): OptionalPart<readonly T[]> {
  return {
    read: (found) => {
      const list = part.read(found)
      return Array.isArray(list) && list.length === 0 ? undefined : list
    },
    write: part.write,
  }
}

/** An element that says nothing counts as none. */
export function saysNothing(value: object): string | undefined {
  return Object.keys(value).some((key) => key !== 'kinds' && key !== 'type') ? undefined : 'It says nothing.'
}

/** Children that are not properties known by these names. */
/* @__NO_SIDE_EFFECTS__ */
export function othersThan(known: ReadonlySet<string>): OptionalPart<readonly Element[]> {
  return {
    read: (found) => {
      const others = found.childElements().filter(({ ns, name }) => ns !== found.ns || !known.has(name))
      return others.length === 0 ? undefined : others
    },
    write: (others, draft) => {
      draft.children.push(...others)
    },
  }
}

export const vcardKinds: readonly VCardKind[] = ['home', 'work', 'pref', 'cell', 'voice', 'fax', 'pager', 'video']

/** The bytes of a picture, of which there are some. */
export const picture: Text<Uint8Array> = {
  expected: 'a picture in base64',
  decode: (text) => {
    const data = wrappedBase64.decode(text)
    return data?.length === 0 ? undefined : data // no picture [XEP-0153 4.3]
  },
  encode: wrappedBase64.encode,
}
