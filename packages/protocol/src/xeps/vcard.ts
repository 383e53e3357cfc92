/**
 * vcard-temp (XEP-0054 1.3.0): what somebody says about themselves, read liberally. What is not known here is kept in `others`, so that a
 * card that is changed and stored again loses nothing of other clients. The same card in the form of vCard 4 is in vcard4.ts.
 */
import {
  type ElementCodec,
  element,
  ignorableChild,
  ignorableChildren,
  ignorableText,
  mapped,
  nonEmpty,
  type OptionalPart,
  text,
  texts,
} from '../codec/index.ts'
import { el } from '../xml/index.ts'
import { othersThan, picture, saysNothing, some, type VCard, type VCardKind, vcardKinds } from './card.ts'
import { webLink } from './links.ts'

export const VCARD_NS = 'vcard-temp'

/* @__NO_SIDE_EFFECTS__ */
const first = (name: string): OptionalPart<string> => ignorableText(name, nonEmpty)

/** The texts that say something; missing when there are none. */
/* @__NO_SIDE_EFFECTS__ */
function someTexts(
  name: string,
  read: (text: string) => string | undefined = nonEmpty.decode,
): OptionalPart<readonly string[]> {
  return some(
    mapped(
      texts(name),
      (list) => list.flatMap((one) => read(one) ?? []),
      (list) => list,
    ),
  )
}

const kinds: OptionalPart<readonly VCardKind[]> = {
  read: (found) => {
    const list = vcardKinds.filter((kind) => found.child(kind.toUpperCase()) !== undefined)
    return list.length === 0 ? undefined : list
  },
  write: (list, draft) => {
    for (const kind of list) draft.children.push(el(kind.toUpperCase(), draft.ns))
  },
}

/** Clients write DESC where the vCard of others has NOTE. [XEP-0292 11.1.1] */
const note: OptionalPart<string> = {
  read: (found) => found.childText('DESC') || found.childText('NOTE') || undefined,
  write: (written, draft) => {
    draft.children.push(el('DESC', draft.ns, undefined, written))
  },
}

const known = new Set([
  'FN',
  'N',
  'NICKNAME',
  'PHOTO',
  'BDAY',
  'ADR',
  'TEL',
  'EMAIL',
  'ORG',
  'TITLE',
  'ROLE',
  'URL',
  'DESC',
  'NOTE',
])

export const vcard: ElementCodec<VCard> = element(VCARD_NS, 'vCard', {
  fullName: first('FN'),
  name: ignorableChild(
    element(
      VCARD_NS,
      'N',
      {
        family: first('FAMILY'),
        given: first('GIVEN'),
        middle: first('MIDDLE'),
        prefix: first('PREFIX'),
        suffix: first('SUFFIX'),
      },
      saysNothing,
    ),
  ),
  nicknames: someTexts('NICKNAME'),
  photo: ignorableChild(
    element(
      VCARD_NS,
      'PHOTO',
      { type: first('TYPE'), data: ignorableText('BINVAL', picture), url: ignorableText('EXTVAL', webLink) },
      saysNothing,
    ),
  ),
  birthday: first('BDAY'),
  addresses: some(
    ignorableChildren(
      element(
        VCARD_NS,
        'ADR',
        {
          kinds,
          postOfficeBox: first('POBOX'),
          extended: first('EXTADD'),
          street: first('STREET'),
          locality: first('LOCALITY'),
          region: first('REGION'),
          postalCode: first('PCODE'),
          country: first('CTRY'),
        },
        saysNothing,
      ),
    ),
  ),
  phones: some(ignorableChildren(element(VCARD_NS, 'TEL', { kinds, number: text('NUMBER', nonEmpty) }))),
  emails: some(ignorableChildren(element(VCARD_NS, 'EMAIL', { kinds, address: text('USERID', nonEmpty) }))),
  organization: ignorableChild(
    element(VCARD_NS, 'ORG', { name: first('ORGNAME'), units: someTexts('ORGUNIT') }, saysNothing),
  ),
  title: first('TITLE'),
  role: first('ROLE'),
  urls: someTexts('URL', webLink.decode),
  note,
  others: othersThan(known),
})
