/** Data forms (XEP-0004) with FORM_TYPE (XEP-0068) and validation (XEP-0122). */
export { type DataForm, dataForm, type FormKind, fieldOf, firstValueOf, formTypeOf } from './data-form.ts'
export {
  checkField,
  FIELD_TYPES,
  type Field,
  type FieldOption,
  type FieldType,
  FORM_NS,
  field,
  makeField,
} from './field.ts'
export { cancelled, type FormAnswers, type FormValue, fillForm, submitForm } from './fill.ts'
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
export { checkValues, VALIDATE_NS, type Validate, validate } from './validate.ts'
