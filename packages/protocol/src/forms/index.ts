/** Data forms (XEP-0004) with FORM_TYPE (XEP-0068) and validation (XEP-0122). */

export { checkedForm, checkField } from './check-form.ts'
export { checkValues } from './check-values.ts'
export { type DataForm, dataForm, type FormKind, fieldOf, firstValueOf, formTypeOf } from './data-form.ts'
export {
  FIELD_TYPES,
  type Field,
  type FieldOption,
  type FieldType,
  FORM_NS,
  field,
  makeField,
  VALIDATE_NS,
} from './field.ts'
export { cancelled, type FormAnswers, type FormValue, fillForm, fillWhole, submitForm } from './fill.ts'
export { type FormCodec, type FormFields, type FormValues, form, type PartialValues, type Submission } from './form.ts'
export {
  booleanField,
  dateTimeField,
  type FieldKind,
  type FieldSettings,
  hidden,
  integerField,
  jidMulti,
  jidSingle,
  listMulti,
  listSingle,
  textMulti,
  textPrivate,
  textSingle,
} from './kinds.ts'
export { type Validate, validate } from './validate.ts'
