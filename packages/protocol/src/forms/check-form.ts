/** What a data form has to be beyond its shape (XEP-0004 2.13.2, section 3.2 to 3.4): for those who act on what it says. */
import { boolean, CodecError, type ElementCodec } from '../codec/index.ts'
import { parseJid } from '../jid/index.ts'
import { type DataForm, dataForm } from './data-form.ts'
import type { Field, FieldType } from './field.ts'
import { validate } from './validate.ts'

/** `dataForm`, which is broken where a form may not be so. */
export const checkedForm: ElementCodec<DataForm> = {
  ...dataForm,
  parse: (element) => checked(dataForm.parse(element)),
  find: (parent) => checked(dataForm.find(parent)),
}

function checked(read: DataForm | CodecError | undefined): DataForm | CodecError | undefined {
  const sentence = read === undefined || read instanceof CodecError ? undefined : checkForm(read)
  return sentence === undefined ? read : new CodecError(sentence)
}

function checkForm({ fields, reported = [], items }: DataForm): string | undefined {
  for (const field of [...fields, ...reported, ...items.flat()]) {
    const sentence = checkField(field)
    if (sentence !== undefined) return sentence
  }
  if (hasTwins(fields)) return 'A form may have one field of a name only.' // [XEP-0004 3.2]
  return items.some(hasTwins) ? 'An item of a form may have one field of a name only.' : undefined
}

/** What the type of a field demands of it, whoever declared that type. Empty values mean "unset" [XEP-0004 3.6] and always pass. */
export function checkField(value: Field): string | undefined {
  const { type, values } = value
  if (value.var === undefined && type !== 'fixed') return 'A form field needs the attribute "var".' // [XEP-0004 3.2]
  const rule = value.validate === undefined ? undefined : validate.parse(value.validate)
  if (rule instanceof CodecError) return rule.sentence
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

function hasTwins(list: readonly Field[]): boolean {
  const seen = new Set<string>()
  for (const one of list) {
    if (one.var === undefined) continue
    if (seen.has(one.var)) return true
    seen.add(one.var)
  }
  return false
}
