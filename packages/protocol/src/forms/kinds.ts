/**
 * The kinds of field a typed form is declared with: what the field is called and how its values become one TypeScript value (XEP-0004
 * 2.13.2, section 3.3). The XEP-0122 rule that says the same to the other side is part of the kind.
 */
import { address, boolean, CodecError, dateTime, integer, string, type Text } from '../codec/index.ts'
import type { Jid } from '../jid/index.ts'
import type { FieldOption, FieldType } from './field.ts'
import type { Validate } from './validate.ts'

export interface FieldSettings {
  /** The name on the wire, where it differs from the key. */
  readonly var?: string
  readonly label?: string
  readonly desc?: string
  /** A submission without it is broken. */
  readonly required?: boolean
}

export interface FieldKind<T, Req extends boolean = boolean> {
  readonly type: FieldType
  readonly settings: FieldSettings
  readonly required: Req
  readonly options: readonly FieldOption[]
  readonly validate: Validate | undefined
  read(values: readonly string[]): T | CodecError
  write(value: T): readonly string[]
}

type Needs<S> = S extends { readonly required: true } ? true : false

export function textSingle<const S extends FieldSettings = object>(settings?: S): FieldKind<string, Needs<S>> {
  return single('text-single', settings, string)
}

export function textPrivate<const S extends FieldSettings = object>(settings?: S): FieldKind<string, Needs<S>> {
  return single('text-private', settings, string)
}

export function hidden<const S extends FieldSettings = object>(settings?: S): FieldKind<string, Needs<S>> {
  return single('hidden', settings, string)
}

/** Lines of text, one value each. */
export function textMulti<const S extends FieldSettings = object>(
  settings?: S,
): FieldKind<readonly string[], Needs<S>> {
  return multiple('text-multi', settings, string)
}

export function booleanField<const S extends FieldSettings = object>(settings?: S): FieldKind<boolean, Needs<S>> {
  return single('boolean', settings, { ...boolean, encode: (value) => (value ? '1' : '0') })
}

export function jidSingle<const S extends FieldSettings = object>(settings?: S): FieldKind<Jid, Needs<S>> {
  return single('jid-single', settings, address)
}

/** Addresses; one that is given twice counts once. [XEP-0004 3.3] */
export function jidMulti<const S extends FieldSettings = object>(settings?: S): FieldKind<readonly Jid[], Needs<S>> {
  const kind = multiple('jid-multi', settings, address)
  return {
    ...kind,
    read: (values) => {
      const read = kind.read(values)
      if (read instanceof CodecError) return read
      return [...new Map(read.map((jid) => [jid.toString(), jid])).values()]
    },
  }
}

/** One of the values given; each may come with a label. */
export function listSingle<const V extends string, const S extends FieldSettings = object>(
  choices: readonly (V | { readonly value: V; readonly label: string })[],
  settings?: S,
): FieldKind<V, Needs<S>> {
  const options = optionsOf(choices)
  return { ...single('list-single', settings, chosen<V>(options)), options }
}

export function listMulti<const V extends string, const S extends FieldSettings = object>(
  choices: readonly (V | { readonly value: V; readonly label: string })[],
  settings?: S,
): FieldKind<readonly V[], Needs<S>> {
  const options = optionsOf(choices)
  return { ...multiple('list-multi', settings, chosen<V>(options)), options }
}

/** A whole number in a line of text. */
export function integerField<const S extends FieldSettings & { readonly min?: number; readonly max?: number } = object>(
  settings?: S,
): FieldKind<number, Needs<S>> {
  const { min, max }: { readonly min?: number; readonly max?: number } = settings ?? {}
  return {
    ...single('text-single', settings, integer(min, max)),
    validate: {
      datatype: 'xs:integer',
      range: { min: min === undefined ? undefined : String(min), max: max === undefined ? undefined : String(max) },
    },
  }
}

/** A moment as milliseconds since 1970 in UTC, in a line of text. */
export function dateTimeField<const S extends FieldSettings = object>(settings?: S): FieldKind<number, Needs<S>> {
  return { ...single('text-single', settings, dateTime), validate: { datatype: 'xs:dateTime', basic: true } }
}

function single<T, S extends FieldSettings>(
  type: FieldType,
  settings: S | undefined,
  value: Text<T>,
): FieldKind<T, Needs<S>> {
  return {
    ...common(type, settings),
    read: (values) => {
      if (values.length > 1) return new CodecError('may have one value only')
      return value.decode(values[0] ?? '') ?? new CodecError(`must be ${value.expected}`)
    },
    write: (written) => [value.encode(written)],
  }
}

function multiple<T, S extends FieldSettings>(
  type: FieldType,
  settings: S | undefined,
  value: Text<T>,
): FieldKind<readonly T[], Needs<S>> {
  return {
    ...common(type, settings),
    read: (values) => {
      const read: T[] = []
      for (const one of values) {
        const decoded = value.decode(one)
        if (decoded === undefined) return new CodecError(`must be ${value.expected}`)
        read.push(decoded)
      }
      return read
    },
    write: (written) => written.map(value.encode),
  }
}

function common<S extends FieldSettings>(
  type: FieldType,
  settings: S | undefined,
): Omit<FieldKind<never, Needs<S>>, 'read' | 'write'> {
  const required = (settings?.required === true) as Needs<S>
  return { type, settings: settings ?? {}, required, options: [], validate: undefined }
}

function optionsOf(choices: readonly (string | { readonly value: string; readonly label: string })[]): FieldOption[] {
  return choices.map((choice) => (typeof choice === 'string' ? { value: choice } : choice))
}

function chosen<V extends string>(options: readonly FieldOption[]): Text<V> {
  return {
    expected: `one of ${options.map((option) => `"${option.value}"`).join(', ')}`,
    decode: (text) => options.find((option) => option.value === text)?.value as V | undefined,
    encode: (value) => value,
  }
}
