/**
 * The fields of a data form as they stand on the wire (XEP-0004 2.13.2, section 3.2 and 3.3).
 * Values are text here; form.ts gives them types.
 */
import {
  children,
  type ElementCodec,
  element,
  flag,
  optionalAttribute,
  optionalElement,
  optionalText,
  string,
  text,
  texts,
} from '../codec/index.ts'
import type { Element } from '../xml/index.ts'

export const FORM_NS = 'jabber:x:data'
export const VALIDATE_NS = 'http://jabber.org/protocol/xdata-validate'

export const FIELD_TYPES = [
  'boolean',
  'fixed',
  'hidden',
  'jid-multi',
  'jid-single',
  'list-multi',
  'list-single',
  'text-multi',
  'text-private',
  'text-single',
] as const

export type FieldType = (typeof FIELD_TYPES)[number]

export interface FieldOption {
  readonly label?: string | undefined
  readonly value: string
}

export interface Field {
  /** The name; only a `fixed` field may lack it. */
  readonly var?: string | undefined
  /** Missing where the sender left it to the context. An unknown type was read as `text-single` [XEP-0004 3.3]. */
  readonly type?: FieldType | undefined
  readonly label?: string | undefined
  readonly desc?: string | undefined
  readonly required?: boolean | undefined
  /** To be read with `validate`. [XEP-0122 3] */
  readonly validate?: Element | undefined
  readonly values: readonly string[]
  readonly options: readonly FieldOption[]
}

/** An unknown type MUST be taken for text-single. [XEP-0004 3.3] */
const fieldType = {
  expected: 'a field type',
  decode: (word: string): FieldType => FIELD_TYPES.find((type) => type === word) ?? 'text-single',
  encode: (type: FieldType): string => type,
}

const option: ElementCodec<FieldOption> = element(FORM_NS, 'option', {
  label: optionalAttribute('label', string),
  value: text('value'), // one and only one [XEP-0004 3.2]
})

/** As it stands: whether it may stand so says `checkField`. */
export const field: ElementCodec<Field> = element(FORM_NS, 'field', {
  var: optionalAttribute('var', string),
  type: optionalAttribute('type', fieldType),
  label: optionalAttribute('label', string),
  desc: optionalText('desc'),
  required: flag('required'),
  validate: optionalElement('validate', VALIDATE_NS),
  values: texts('value'),
  options: children(option),
})

/** The field with the given name, type and values. */
export function makeField(name: string, type: FieldType | undefined, values: readonly string[]): Field {
  return { var: name, type, values, options: [] }
}
