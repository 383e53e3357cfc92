/**
 * A data form declared once (XEP-0004 2.13.2 with the FORM_TYPE of XEP-0068 1.3.0): its fields give the type of a submission, and the
 * blank form, the submission, the result and their readers come from the one declaration. Not a registry: whether a form is
 * wanted here, and what an unknown field means, is the caller's.
 *
 * ```ts
 * const settings = form('urn:example:settings', { nick: textSingle({ required: true }), public: booleanField() })
 * const sent = settings.submission(x)   // { values: { nick: 'Romeo', public: true }, emptied: [], unknown: [] }
 * ```
 */
import { CodecError } from '../codec/index.ts'
import type { Element } from '../xml/index.ts'
import { checkedForm } from './check-form.ts'
import { type DataForm, dataForm, type FormKind, formTypeOf } from './data-form.ts'
import { type Field, makeField } from './field.ts'
import type { FieldKind } from './kinds.ts'
import { validate } from './validate.ts'

export interface FormFields {
  readonly [key: string]: FieldKind<unknown>
}

type ValueOf<K> = K extends FieldKind<infer T> ? T : never
type RequiredKeys<F extends FormFields> = {
  [K in keyof F]: F[K] extends { readonly required: true } ? K : never
}[keyof F]
type Flat<T> = { [K in keyof T]: T[K] }

/** The values of a submission: required fields are there, others may be. */
export type FormValues<F extends FormFields> = Flat<
  { readonly [K in RequiredKeys<F>]: ValueOf<F[K]> } & {
    readonly [K in Exclude<keyof F, RequiredKeys<F>>]?: ValueOf<F[K]> | undefined
  }
>

export type PartialValues<F extends FormFields> = { readonly [K in keyof F]?: ValueOf<F[K]> | undefined }

export interface Submission<V> {
  readonly values: V
  /** Keys of the fields that were sent without a value: to be unset, where omitted ones keep what they have. [XEP-0004 3.5, 3.6] */
  readonly emptied: readonly string[]
  /** Fields that are not declared, as they came. */
  readonly unknown: readonly Field[]
}

export interface FormCodec<F extends FormFields> {
  readonly formType: string
  /** A submitted form. Undefined: another form, or one of another kind. 'cancel': the other side gave up. */
  readonly submission: (x: Element) => Submission<FormValues<F>> | 'cancel' | CodecError | undefined
  /** A form of kind `form` (its defaults) or `result`: every field may be missing. */
  readonly read: (x: Element) => Submission<PartialValues<F>> | CodecError | undefined
  /** The blank form with defaults. */
  readonly blank: (defaults?: PartialValues<F>, head?: { title?: string; instructions?: readonly string[] }) => Element
  readonly submit: (values: FormValues<F>) => Element
  readonly result: (values: PartialValues<F>) => Element
  /** The same as `result`, not yet an element, for places that carry data forms (disco). */
  readonly resultForm: (values: PartialValues<F>) => DataForm
}

/* @__NO_SIDE_EFFECTS__ */
export function form<const F extends FormFields>(formType: string, fields: F): FormCodec<F> {
  const declared = Object.entries(fields)
  const byVar = new Map(declared.map(([key, kind]) => [kind.settings.var ?? key, { key, kind }]))

  function gather(found: DataForm): Submission<PartialValues<F>> | CodecError {
    const values: Record<string, unknown> = {} // keys are declared ones
    const emptied: string[] = []
    const unknown: Field[] = []
    for (const sent of found.fields) {
      if (sent.var === 'FORM_TYPE' || sent.type === 'fixed') continue
      const mine = sent.var === undefined ? undefined : byVar.get(sent.var)
      if (mine === undefined) unknown.push(sent)
      else if (sent.values.every((value) => value === '')) emptied.push(mine.key)
      else {
        const value = mine.kind.read(sent.values)
        if (value instanceof CodecError) return new CodecError(`The form field "${nameOf(mine)}" ${value.sentence}.`)
        values[mine.key] = value
      }
    }
    return { values: values as PartialValues<F>, emptied, unknown }
  }

  function submission(x: Element): Submission<FormValues<F>> | 'cancel' | CodecError | undefined {
    const found = checkedForm.parse(x)
    if (found === undefined || found instanceof CodecError) return found
    if (found.type === 'cancel') return 'cancel' // has no fields, so no FORM_TYPE either [XEP-0004 3.2]
    if (found.type !== 'submit' || formTypeOf(found) !== formType) return undefined
    const gathered = gather(found)
    if (gathered instanceof CodecError) return gathered
    const given = gathered.values as Record<string, unknown>
    for (const [key, kind] of declared) {
      if (kind.required && given[key] === undefined)
        return new CodecError(`The form field "${nameOf({ key, kind })}" is required.`)
    }
    return gathered as Submission<FormValues<F>>
  }

  function read(x: Element): Submission<PartialValues<F>> | CodecError | undefined {
    const found = checkedForm.parse(x)
    if (found === undefined || found instanceof CodecError) return found
    if ((found.type !== 'form' && found.type !== 'result') || formTypeOf(found) !== formType) return undefined
    return gather(found)
  }

  function filled(type: FormKind, values: PartialValues<F>): DataForm {
    const given = values as Record<string, unknown>
    const list = [makeField('FORM_TYPE', 'hidden', [formType])]
    for (const [key, kind] of declared) {
      if (given[key] !== undefined) list.push(makeField(nameOf({ key, kind }), kind.type, kind.write(given[key])))
    }
    return { type, instructions: [], fields: list, items: [] }
  }

  function blank(
    defaults: PartialValues<F> = {},
    head: { title?: string; instructions?: readonly string[] } = {},
  ): Element {
    const given = defaults as Record<string, unknown>
    const list = declared.map(([key, kind]): Field => {
      const { label, desc } = kind.settings
      const values = given[key] === undefined ? [] : kind.write(given[key])
      const required = kind.required || undefined
      const { type, options } = kind
      const rule = kind.validate && validate.build(kind.validate)
      return { var: nameOf({ key, kind }), type, label, desc, required, validate: rule, values, options }
    })
    const formTypeField = makeField('FORM_TYPE', 'hidden', [formType])
    return dataForm.build({
      type: 'form',
      title: head.title,
      instructions: head.instructions ?? [],
      fields: [formTypeField, ...list],
      items: [],
    })
  }

  return {
    formType,
    submission,
    read,
    blank,
    submit: (values) => dataForm.build(filled('submit', values as unknown as PartialValues<F>)),
    result: (values) => dataForm.build(filled('result', values)),
    resultForm: (values) => filled('result', values),
  }
}

function nameOf({ key, kind }: { readonly key: string; readonly kind: FieldKind<unknown> }): string {
  return kind.settings.var ?? key
}
