/**
 * vCard4 over XMPP (XEP-0292 0.12.0, the XML of RFC 6351): the card of card.ts in the form of vCard 4, to be published in a node. Such a
 * card must have a full name [RFC6350 6.2.1]; whoever makes one sees to it.
 */
import {
  CodecError,
  type ElementCodec,
  element,
  ignorableChild,
  ignorableChildren,
  ignorableText,
  mapped,
  nonEmpty,
  type OptionalPart,
  type RequiredPart,
  type Text,
  trim,
} from '../codec/index.ts'
import { el } from '../xml/index.ts'
import {
  othersThan,
  picture,
  saysNothing,
  some,
  type VCard,
  type VCardKind,
  type VCardPhoto,
  vcardKinds,
} from './card.ts'
import { webLink } from './links.ts'

export const VCARD4_NS = 'urn:ietf:params:xml:ns:vcard-4.0'
/** Where one's own card is published. [XEP-0292 4.1] */
export const VCARD4_NODE = 'urn:xmpp:vcard4'

const asText = (): string => 'text'
const asUri = (): string => 'uri'
const asDate = (written: string): string => (/^[-\d]{4,10}$/.test(written) ? 'date' : 'text')

/** What stands beside the parameters of a property, whichever type it has there. */
/* @__NO_SIDE_EFFECTS__ */
function value<T>(text: Text<T>, typeOf: (written: string) => string): RequiredPart<T> {
  return {
    read: (found) => {
      const child = found.childElements().find(({ ns, name }) => ns === VCARD4_NS && name !== 'parameters')
      return text.decode(child?.text() ?? '') ?? new CodecError(`<${found.name}/> must have ${text.expected}.`)
    },
    write: (given, draft) => {
      const written = text.encode(given)
      draft.children.push(el(typeOf(written), VCARD4_NS, undefined, written))
    },
  }
}

/* @__NO_SIDE_EFFECTS__ */
function single<T>(name: string, text: Text<T>, typeOf: (written: string) => string): OptionalPart<T> {
  return mapped(
    ignorableChild(element(VCARD4_NS, name, { value: value(text, typeOf) })),
    (found) => found.value as T,
    (given) => ({ value: given }),
  )
}

/* @__NO_SIDE_EFFECTS__ */
function list(name: string, text: Text<string>, typeOf: (written: string) => string): OptionalPart<readonly string[]> {
  return some(
    mapped(
      ignorableChildren(element(VCARD4_NS, name, { value: value(text, typeOf) })),
      (found): readonly string[] => found.map((one) => one.value),
      (given) => given.map((one) => ({ value: one })),
    ),
  )
}

const kinds: OptionalPart<readonly VCardKind[]> = {
  read: (found) => {
    const parameters = found.child('parameters')
    const types = parameters?.child('type')?.childElements() ?? []
    const has = (kind: VCardKind): boolean =>
      kind === 'pref'
        ? parameters?.child('pref') !== undefined
        : types.some((type) => trim(type.text()).toLowerCase() === kind)
    const known = vcardKinds.filter(has)
    return known.length === 0 ? undefined : known
  },
  write: (given, draft) => {
    const types = given.filter((kind) => kind !== 'pref').map((kind) => el('text', VCARD4_NS, undefined, kind))
    draft.children.push(
      el('parameters', VCARD4_NS, undefined, [
        types.length === 0 ? undefined : el('type', VCARD4_NS, undefined, types),
        given.includes('pref')
          ? el('pref', VCARD4_NS, undefined, [el('integer', VCARD4_NS, undefined, '1')])
          : undefined,
      ]),
    )
  },
}

/** A data URI or a link to the web. */
const photo: Text<VCardPhoto> = {
  expected: 'a picture or a link to one',
  decode: (text) => {
    const uri = trim(text)
    const url = webLink.decode(uri)
    if (url !== undefined) return { url }
    const comma = uri.indexOf(',')
    const head = uri.slice(0, Math.max(comma, 0))
    if (!head.startsWith('data:') || !head.endsWith(';base64')) return undefined
    const data = picture.decode(uri.slice(comma + 1))
    const type = head.slice(5, -7)
    return data === undefined ? undefined : { ...(type === '' ? {} : { type }), data }
  },
  encode: ({ type = '', data, url = '' }) => (data === undefined ? url : `data:${type};base64,${picture.encode(data)}`),
}

const phone: Text<string> = {
  expected: 'a number',
  decode: (text) => trim(text).replace(/^(?:tel:\s*)+/, '') || undefined,
  encode: (number) => number,
}

const organizationName: OptionalPart<string> = {
  read: (found) => found.childText('text') || undefined,
  write: (name, draft) => {
    draft.children.push(el('text', VCARD4_NS, undefined, name))
  },
}

/** The texts after the first. */
const units: OptionalPart<readonly string[]> = {
  read: (found) => {
    const texts = found.childElements().filter((child) => child.is('text', VCARD4_NS))
    const names = texts.slice(1).flatMap((text) => text.text() || [])
    return names.length === 0 ? undefined : names
  },
  write: (names, draft) => {
    if (draft.children.length === 0) draft.children.push(el('text', VCARD4_NS))
    for (const name of names) draft.children.push(el('text', VCARD4_NS, undefined, name))
  },
}

/* @__NO_SIDE_EFFECTS__ */
const component = (name: string): OptionalPart<string> => ignorableText(name, nonEmpty)

const known = new Set([
  'fn',
  'n',
  'nickname',
  'photo',
  'bday',
  'adr',
  'tel',
  'email',
  'org',
  'title',
  'role',
  'url',
  'note',
])

export const vcard4: ElementCodec<VCard> = element(VCARD4_NS, 'vcard', {
  fullName: single('fn', nonEmpty, asText),
  name: ignorableChild(
    element(
      VCARD4_NS,
      'n',
      {
        family: component('surname'),
        given: component('given'),
        middle: component('additional'),
        prefix: component('prefix'),
        suffix: component('suffix'),
      },
      saysNothing,
    ),
  ),
  nicknames: list('nickname', nonEmpty, asText),
  photo: single('photo', photo, asUri),
  birthday: single('bday', nonEmpty, asDate),
  addresses: some(
    ignorableChildren(
      element(
        VCARD4_NS,
        'adr',
        {
          kinds,
          postOfficeBox: component('pobox'),
          extended: component('ext'),
          street: component('street'),
          locality: component('locality'),
          region: component('region'),
          postalCode: component('code'),
          country: component('country'),
        },
        saysNothing,
      ),
    ),
  ),
  phones: some(ignorableChildren(element(VCARD4_NS, 'tel', { kinds, number: value(phone, asText) }))),
  emails: some(ignorableChildren(element(VCARD4_NS, 'email', { kinds, address: value(nonEmpty, asText) }))),
  organization: ignorableChild(element(VCARD4_NS, 'org', { name: organizationName, units }, saysNothing)),
  title: single('title', nonEmpty, asText),
  role: single('role', nonEmpty, asText),
  urls: list('url', webLink, asUri),
  note: single('note', nonEmpty, asText),
  others: othersThan(known),
})
