/**
 * Entity capabilities (XEP-0115 1.6.0): the `<c/>` of presence and the verification string of section 5. The hash function is passed in;
 * asking, caching and believing are the feature's. Not XEP-0390.
 */
import { encodeUtf8 } from '#utf8'
import { attribute, CodecError, type ElementCodec, element, optionalAttribute, string } from '../codec/index.ts'
import type { DiscoInfo } from '../disco/index.ts'
import { type DataForm, type Field, fieldOf } from '../forms/index.ts'
import { type Maybe, then } from '../maybe.ts'
import { encodeBase64 } from '../sasl/base64.ts'

export const CAPS_NS = 'http://jabber.org/protocol/caps'

export interface Caps {
  readonly node: string
  readonly ver: string
  /** The name of the hash function; missing in the legacy format, whose `ver` proves nothing. [XEP-0115 5.4, 13] */
  readonly hash?: string | undefined
  /** Only in the legacy format. */
  readonly ext?: string | undefined
}

export const caps: ElementCodec<Caps> = element(CAPS_NS, 'c', {
  hash: optionalAttribute('hash', string),
  node: attribute('node', string),
  ver: attribute('ver', string),
  ext: optionalAttribute('ext', string),
})

export type Hash = (data: Uint8Array) => Maybe<Uint8Array>

/** The verification string of what an entity says about itself, or why that is ill-formed. [XEP-0115 5.1] */
export function capsVersion(info: DiscoInfo, hash: Hash): Maybe<string | CodecError> {
  const input = capsInput(info)
  return input instanceof CodecError ? input : then(hash(bytesOf(input)), encodeBase64)
}

/** Whether an entity's answer is the one its `ver` promised. Only such an answer may be cached for others. [XEP-0115 5.4] */
export function capsHold(promised: string, info: DiscoInfo, hash: Hash): Maybe<boolean | CodecError> {
  return then(capsVersion(info, hash), (version) => (version instanceof CodecError ? version : version === promised))
}

/**
 * S of section 5.1, one char a byte of UTF-8: so that comparing chars is the i;octet collation it asks for.
 * Beyond 5.4 it refuses `<` inside a part, with which a name can pretend to be features. That closes the widest of the known holes
 * [XEP-0115 9.3], not all: fields of a form and features can still be written for one another where their order allows it.
 */
export function capsInput({ identities, features, forms }: DiscoInfo): string | CodecError {
  const types: string[] = []
  let isMixed = false
  // parts of a line are kept apart by what is in no XML and comes before everything else
  const who = identities.map(({ category, type, lang = '', name = '' }) =>
    [category, type, lang, name].map(octets).join('\0'),
  )
  const can = ordered(features)
  const more = forms.flatMap((form) => {
    const { type, values } = fieldOf(form, 'FORM_TYPE') ?? noField
    const [formType] = values
    if (type !== 'hidden' || formType === undefined) return [] // [XEP-0115 5.4 3.6]
    isMixed ||= new Set(values).size > 1
    types.push(formType)
    return [[octets(formType), ...fieldLines(form)].join('\0')]
  })
  if (isMixed) return new CodecError('A form has two FORM_TYPEs.') // [XEP-0115 5.4 3.5]
  if (hasTwins(types)) return new CodecError('Two forms have the same FORM_TYPE.') // [XEP-0115 5.4 3.5]
  if (hasTwins(who)) return new CodecError('The same identity is listed twice.') // [XEP-0115 5.4 3.3]
  if (hasTwins(can)) return new CodecError('The same feature is listed twice.') // [XEP-0115 5.4 3.4]
  const lines = [who.sort().map((line) => line.replaceAll('\0', '/')), can, more.sort()].flat()
  if (lines.some((line) => line.includes('<'))) return new CodecError('No part of the information may contain "<".')
  return lines.map((line) => `${line.replaceAll('\0', '<')}<`).join('')
}

const noField: Pick<Field, 'type' | 'values'> = { type: undefined, values: [] }

function fieldLines({ fields }: DataForm): string[] {
  const lines = fields.flatMap(({ var: name, values }) =>
    name === undefined || name === 'FORM_TYPE' ? [] : [[octets(name), ...ordered(values)].join('\0')],
  )
  return lines.sort()
}

/** UTF-8, one char a byte. */
function octets(text: string): string {
  return Array.from(encodeUtf8(text), (byte) => String.fromCharCode(byte)).join('')
}

/** Of chars that are bytes the usual order is that of octets. */
function ordered(list: readonly string[]): string[] {
  return list.map(octets).sort()
}

function hasTwins(list: readonly string[]): boolean {
  return new Set(list).size < list.length
}

function bytesOf(wire: string): Uint8Array {
  return Uint8Array.from(wire, (char) => char.charCodeAt(0))
}
