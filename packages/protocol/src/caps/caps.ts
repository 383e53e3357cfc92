/**
 * Entity capabilities (XEP-0115 1.6.0): the `<c/>` of presence and the verification string of section 5. The hash function is passed in;
 * asking, caching and believing are the feature's. Not XEP-0390.
 */
import { encodeUtf8 } from '#utf8'
import { attribute, CodecError, type ElementCodec, element, optionalAttribute, string } from '../codec/index.ts'
import type { DiscoInfo } from '../disco/index.ts'
import { type DataForm, fieldOf } from '../forms/index.ts'
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

/** The verification string of what an entity says about itself, or why that is ill-formed. [XEP-0115 5.1, 5.4] */
export function capsVersion(info: DiscoInfo, hash: Hash): Maybe<string | CodecError> {
  const input = capsInput(info)
  return input instanceof CodecError ? input : hashed(input, hash)
}

/** The same of what one says about oneself, which is well-formed. */
export function ownCapsVersion(info: DiscoInfo, hash: Hash): Maybe<string> {
  return hashed(textOf(linesOf(info)), hash)
}

/** Whether an entity's answer is the one its `ver` promised. Only such an answer may be cached for others. [XEP-0115 5.4] */
export function capsHold(promised: string, info: DiscoInfo, hash: Hash): Maybe<boolean | CodecError> {
  return then(capsVersion(info, hash), (version) => (version instanceof CodecError ? version : version === promised))
}

/** S of section 5.1, one char a byte of UTF-8, or why there is none. */
export function capsInput(info: DiscoInfo): string | CodecError {
  const lines = linesOf(info)
  const wrong = problemOf(info, lines)
  return wrong === undefined ? textOf(lines) : new CodecError(wrong)
}

function hashed(input: string, hash: Hash): Maybe<string> {
  return then(hash(Uint8Array.from(input, (char) => char.charCodeAt(0))), encodeBase64)
}

/** Sorted, one char a byte of UTF-8, parts of a line kept apart by what is in no XML and comes before everything else. */
interface Lines {
  readonly identities: readonly string[]
  readonly features: readonly string[]
  readonly forms: readonly string[]
}

/** Of chars that are bytes the usual order is that of octets, which section 5.1 asks for. */
function linesOf({ identities, features, forms }: DiscoInfo): Lines {
  return {
    identities: identities
      .map(({ category, type, lang = '', name = '' }) => octets([category, type, lang, name].join('\0')))
      .sort(),
    features: features.map(octets).sort(),
    forms: forms
      .flatMap((form) =>
        formTypes(form)
          .slice(0, 1)
          .map((type) => [octets(type), ...fieldLines(form)].join('\0')),
      )
      .sort(),
  }
}

function textOf({ identities, features, forms }: Lines): string {
  const lines = [identities.map((line) => line.replaceAll('\0', '/')), features, forms].flat()
  return lines.map((line) => `${line.replaceAll('\0', '<')}<`).join('')
}

/**
 * Beyond 5.4 it refuses `<` inside a part, with which a name can pretend to be features. That closes the widest of the known holes
 * [XEP-0115 9.3], not all: fields of a form and features can still be written for one another where their order allows it.
 */
function problemOf(info: DiscoInfo, { identities, features, forms }: Lines): string | undefined {
  if (info.forms.some((form) => new Set(formTypes(form)).size > 1)) return 'A form has two FORM_TYPEs.' // [XEP-0115 5.4 3.5]
  if (hasTwins(forms.map((line) => line.split('\0', 1)[0]!))) return 'Two forms have the same FORM_TYPE.' // [XEP-0115 5.4 3.5]
  if (hasTwins(identities)) return 'The same identity is listed twice.' // [XEP-0115 5.4 3.3]
  if (hasTwins(features)) return 'The same feature is listed twice.' // [XEP-0115 5.4 3.4]
  if ([identities, features, forms].flat().some((line) => line.includes('<')))
    return 'No part of the information may contain "<".'
  return undefined
}

/** None where it is not hidden. [XEP-0115 5.4 3.6] */
function formTypes(form: DataForm): readonly string[] {
  const { type, values } = fieldOf(form, 'FORM_TYPE') ?? {}
  return type === 'hidden' && values !== undefined ? values : []
}

function fieldLines({ fields }: DataForm): string[] {
  const lines = fields.flatMap(({ var: name = 'FORM_TYPE', values }) =>
    name === 'FORM_TYPE' ? [] : [[octets(name), ...values.map(octets).sort()].join('\0')],
  )
  return lines.sort()
}

/** UTF-8, one char a byte. */
function octets(text: string): string {
  return Array.from(encodeUtf8(text), (byte) => String.fromCharCode(byte)).join('')
}

function hasTwins(list: readonly string[]): boolean {
  return new Set(list).size < list.length
}
