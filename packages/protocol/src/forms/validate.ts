/**
 * How a form field says which values it takes (XEP-0122 1.0.2, Data Forms Validation). The check is check-values.ts.
 */
import {
  type ElementCodec,
  element,
  flag,
  integer,
  optionalAttribute,
  optionalChild,
  optionalText,
  string,
} from '../codec/index.ts'
import { VALIDATE_NS } from './field.ts'

export interface Validate {
  /** `xs:string` when missing. */
  readonly datatype?: string | undefined
  readonly basic?: boolean | undefined
  readonly open?: boolean | undefined
  readonly range?: { readonly min?: string | undefined; readonly max?: string | undefined } | undefined
  readonly regex?: string | undefined
  /** How many values a list-multi field takes. */
  readonly listRange?: { readonly min?: number | undefined; readonly max?: number | undefined } | undefined
}

const count = integer(0, 2 ** 31 - 1)

export const validate: ElementCodec<Validate> = element(
  VALIDATE_NS,
  'validate',
  {
    datatype: optionalAttribute('datatype', string),
    basic: flag('basic'),
    open: flag('open'),
    range: optionalChild(
      element(VALIDATE_NS, 'range', { min: optionalAttribute('min', string), max: optionalAttribute('max', string) }),
    ),
    regex: optionalText('regex'),
    listRange: optionalChild(
      element(VALIDATE_NS, 'list-range', {
        min: optionalAttribute('min', count),
        max: optionalAttribute('max', count),
      }),
    ),
  },
  (value) => {
    const methods = [value.basic, value.open, value.range, value.regex].filter((method) => method !== undefined)
    return methods.length > 1 ? '<validate/> may have one validation method only.' : undefined // [XEP-0122 3.2]
  },
)
