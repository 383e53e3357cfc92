/**
 * Entity capabilities (XEP-0115 1.6.0): the `<c/>` of presence and the verification string of section 5. The hash function is passed in;
 * asking, caching and believing are the feature's. Not XEP-0390.
 */
import { attribute, CodecError, type ElementCodec, element, optionalAttribute, string } from '../codec/index.ts'
import type { DiscoInfo, Identity } from '../disco/index.ts'
import { type DataForm, fieldOf } from '../forms/index.ts'
import { type Maybe, then } from '../maybe.ts'
import { encodeBase64 } from '../sasl/base64.ts'
import { toWire } from '../xml/index.ts'

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
 * S of section 5.1 as a wire string, one char a byte: so that comparing chars is the i;octet collation it asks for.
 * Beyond 5.4 it refuses `<` inside a part, with which a name can pretend to be features. That closes the widest of the known holes
 * [XEP-0115 9.3], not all: fields of a form and features can still be written for one another where their order allows it.
 */
export function capsInput(info: DiscoInfo): string | CodecError {
  const identities = info.identities.map(identityParts).sort(byParts)
  const features = info.features.map(toWire).sort(byOctets)
  const forms = formInputs(info.forms)
  if (forms instanceof CodecError) return forms
  const lines = [...identities.map((parts) => parts.join('/')), ...features]
  if (hasTwins(identities.map((parts) => parts.join('\n')))) return new CodecError('The same identity is listed twice.') // [XEP-0115 5.4 3.3]
  if (hasTwins(features)) return new CodecError('The same feature is listed twice.') // [XEP-0115 5.4 3.4]
  for (const form of forms) lines.push(...form)
  if (lines.some((line) => line.includes('<'))) return new CodecError('No part of the information may contain "<".')
  return lines.map((line) => `${line}<`).join('')
}

function identityParts({ category, type, lang, name }: Identity): string[] {
  return [category, type, lang ?? '', name ?? ''].map(toWire)
}

function formInputs(forms: readonly DataForm[]): string[][] | CodecError {
  const inputs: string[][] = []
  for (const form of forms) {
    const formType = fieldOf(form, 'FORM_TYPE')
    if (formType?.type !== 'hidden' || formType.values.length === 0) continue // [XEP-0115 5.4 3.6]
    if (new Set(formType.values).size > 1) return new CodecError('A form has two FORM_TYPEs.') // [XEP-0115 5.4 3.5]
    inputs.push([toWire(formType.values[0]!), ...fieldInputs(form)])
  }
  inputs.sort((a, b) => byOctets(a[0]!, b[0]!))
  if (hasTwins(inputs.map((input) => input[0]!))) return new CodecError('Two forms have the same FORM_TYPE.') // [XEP-0115 5.4 3.5]
  return inputs
}

function fieldInputs(form: DataForm): string[] {
  const fields: string[][] = []
  for (const field of form.fields) {
    if (field.var === undefined || field.var === 'FORM_TYPE') continue
    fields.push([toWire(field.var), ...field.values.map(toWire).sort(byOctets)])
  }
  return fields.sort((a, b) => byOctets(a[0]!, b[0]!)).flat()
}

function byOctets(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function byParts(a: readonly string[], b: readonly string[]): number {
  for (const [index, part] of a.entries()) {
    const order = byOctets(part, b[index]!)
    if (order !== 0) return order
  }
  return 0
}

function hasTwins(list: readonly string[]): boolean {
  return new Set(list).size < list.length
}

function bytesOf(wire: string): Uint8Array {
  return Uint8Array.from(wire, (char) => char.charCodeAt(0))
}
