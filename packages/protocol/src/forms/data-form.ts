/**
 * A data form as it stands on the wire (XEP-0004 2.13.2), with its FORM_TYPE (XEP-0068 1.3.0): any form, no declaration needed.
 * For a form whose fields are known beforehand, see form.ts.
 */
import {
  attribute,
  children,
  type ElementCodec,
  element,
  mapped,
  oneOf,
  optionalChild,
  optionalText,
  texts,
} from '../codec/index.ts'
import { type Field, FORM_NS, field } from './field.ts'

export type FormKind = 'form' | 'submit' | 'cancel' | 'result'

export interface DataForm {
  readonly type: FormKind
  readonly title?: string | undefined
  readonly instructions: readonly string[]
  readonly fields: readonly Field[]
  /** The head of a table of results: which fields its items have. */
  readonly reported?: readonly Field[] | undefined
  /** The rows of a table of results. */
  readonly items: readonly (readonly Field[])[]
}

const itemElement = element(FORM_NS, 'item', { fields: children(field) })
const reportedElement = element(FORM_NS, 'reported', { fields: children(field) })

/**
 * Reported fields and items may stand in any order: old implementations mixed them. [XEP-0004 3.4]
 * Whoever fills it in has to live with what was sent; whoever acts on it asks for `checkedForm`.
 */
export const dataForm: ElementCodec<DataForm> = element(FORM_NS, 'x', {
  type: attribute('type', oneOf('form', 'submit', 'cancel', 'result')),
  title: optionalText('title'),
  instructions: texts('instructions'),
  fields: children(field),
  reported: mapped(
    optionalChild(reportedElement), // one and only one [XEP-0004 3.4]
    (head) => head.fields,
    (fields) => ({ fields }),
  ),
  items: mapped(
    children(itemElement),
    (items): readonly (readonly Field[])[] => items.map((item) => item.fields),
    (items) => items.map((fields) => ({ fields })),
  ),
})

/** The value of the FORM_TYPE field, where the form has one that counts. [XEP-0068 4] */
export function formTypeOf(form: DataForm): string | undefined {
  const found = fieldOf(form, 'FORM_TYPE')
  if (found === undefined) return undefined
  if (found.type !== 'hidden' && form.type !== 'submit') return undefined // a submission may leave the type out
  return found.values[0]
}

export function fieldOf(form: DataForm, name: string): Field | undefined {
  return form.fields.find((one) => one.var === name)
}

/** The first value of a field, the usual question to a simple form. */
export function firstValueOf(form: DataForm, name: string): string | undefined {
  return fieldOf(form, name)?.values[0]
}
