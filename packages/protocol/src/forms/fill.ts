/**
 * Filling in forms that are not declared here (XEP-0004 2.13.2): one that somebody sent, or one that is known by its FORM_TYPE alone.
 * `Name` lists the fields that the compiler knows. Whether a service knows them shows its own form.
 */
import type { Jid } from '../jid/index.ts'
import type { DataForm } from './data-form.ts'
import { type Field, makeField } from './field.ts'

/** An empty list unsets the field. [XEP-0004 3.6] */
export type FormValue = string | number | boolean | Jid | readonly (string | Jid)[]
export type FormAnswers<Name extends string = string> = { readonly [N in Name]?: FormValue | undefined }

/** The answer to `sent`: what is given, and unchanged what must not be missing. Other fields keep what they have. [XEP-0004 3.2, 3.5] */
export function fillForm<Name extends string = string>(sent: DataForm, answers: FormAnswers<Name>): DataForm {
  const given = new Map(Object.entries<FormValue | undefined>(answers))
  const fields = sent.fields.flatMap(({ var: name, type, required, values }): Field[] => {
    if (name === undefined || type === 'fixed') return []
    const value = given.get(name)
    given.delete(name)
    if (value !== undefined) return [makeField(name, type, written(value))]
    return type === 'hidden' || required === true ? [makeField(name, type, values)] : []
  })
  return submission([...fields, ...fieldsOf(given)])
}

/** The whole form back, with these answers: for who has not kept it, such as whoever asks in a message. */
export function fillWhole<Name extends string = string>(sent: DataForm, answers: FormAnswers<Name>): DataForm {
  return fillForm({ ...sent, fields: sent.fields.map((field) => ({ ...field, required: true })) }, answers)
}

/** A submission of that type with these fields alone, to be sent without asking for the form first. */
export function submitForm<Name extends string = string>(formType: string, answers: FormAnswers<Name>): DataForm {
  return submission([
    makeField('FORM_TYPE', 'hidden', [formType]),
    ...fieldsOf(Object.entries<FormValue | undefined>(answers)),
  ])
}

/** Ends what a form belongs to. */
export const cancelled: DataForm = { type: 'cancel', instructions: [], fields: [], items: [] }

function submission(fields: readonly Field[]): DataForm {
  return { type: 'submit', instructions: [], fields, items: [] }
}

function fieldsOf(answers: Iterable<readonly [string, FormValue | undefined]>): Field[] {
  const fields: Field[] = []
  for (const [name, value] of answers) if (value !== undefined) fields.push(makeField(name, undefined, written(value)))
  return fields
}

function written(value: FormValue): readonly string[] {
  if (typeof value === 'boolean') return [value ? '1' : '0']
  return Array.isArray(value) ? value.map(String) : [String(value)]
}
