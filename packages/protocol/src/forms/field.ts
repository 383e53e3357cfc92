/**
 * The fields of a data form as they stand on the wire (XEP-0004 2.13.2, section 3.2 and 3.3).
 * Values are text here; form.ts gives them types.
 */
import {
  boolean,
  children,
  type ElementCodec,
  element,
  flag,
  optionalAttribute,
  optionalChild,
  optionalText,
  string,
  text,
  texts,
} from '../codec/index.ts'
import { parseJid } from '../jid/index.ts'
import { type Validate, validate } from './validate.ts'

export const FORM_NS = 'jabber:x:data'

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
  readonly validate?: Validate | undefined
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

export const field: ElementCodec<Field> = element(
  FORM_NS,
  'field',
  {
    var: optionalAttribute('var', string),
    type: optionalAttribute('type', fieldType),
    label: optionalAttribute('label', string),
    desc: optionalText('desc'),
    required: flag('required'),
    validate: optionalChild(validate),
    values: texts('value'),
    options: children(option),
  },
  (value) => checkField(value),
)

/** The field with the given name, type and values. */
export function makeField(name: string, type: FieldType | undefined, values: readonly string[]): Field {
  return { var: name, type, values, options: [] }
}

/** What the type of a field demands of it, whoever declared that type. Empty values mean "unset" [XEP-0004 3.6] and always pass. */
export function checkField(value: Field): string | undefined {
  const { type, values } = value
  if (value.var === undefined && type !== 'fixed') return 'A form field needs the attribute "var".' // [XEP-0004 3.2]
  if (type === undefined) return undefined
  if (values.length > 1 && isSingle(type)) return `A form field of type "${type}" may have one value only.` // [XEP-0004 3.2]
  for (const one of values) {
    if (one === '') continue
    if (type === 'boolean' && boolean.decode(one) === undefined)
      return 'A boolean form field must be "true" or "false".'
    if ((type === 'jid-single' || type === 'jid-multi') && parseJid(one) === undefined) {
      return `A form field of type "${type}" must hold XMPP addresses.` // [XEP-0004 3.3]
    }
  }
  return undefined
}

function isSingle(type: FieldType): boolean {
  return (
    type === 'boolean' ||
    type === 'jid-single' ||
    type === 'list-single' ||
    type === 'text-private' ||
    type === 'text-single'
  )
}
