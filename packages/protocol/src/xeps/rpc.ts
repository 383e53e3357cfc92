/**
 * Jabber-RPC (XEP-0009 2.2.1): calls and answers of XML-RPC with their values as those of JavaScript. Who may call what is not decided here.
 */
import {
  base64,
  CodecError,
  type ElementCodec,
  element,
  type OptionalPart,
  optionalChild,
  parseInteger,
  type RequiredPart,
  type Text,
  text,
  trim,
} from '../codec/index.ts'
import { formatDateTime, parseDateTime } from '../dates/index.ts'
import { type Element, el } from '../xml/index.ts'

export const RPC_NS = 'jabber:iq:rpc'

/**
 * `int` and `double` are both numbers. A moment without time zone is taken as UTC. `null` is the `nil` that many implementations know.
 * A structure that comes in is a Map, since its names are the sender's; one that goes out may be an object as well.
 */
export type RpcValue =
  | string
  | number
  | boolean
  | null
  | Date
  | Uint8Array
  | readonly RpcValue[]
  | ReadonlyMap<string, RpcValue>
  | { readonly [name: string]: RpcValue }

export interface RpcCall {
  /** Letters, digits and `_.:/`. */
  readonly method: string
  readonly params: readonly RpcValue[]
}

/** One of the two. */
export interface RpcAnswer {
  readonly value?: RpcValue | undefined
  readonly fault?: { readonly code: number; readonly message: string } | undefined
}

/** One of the two. */
export interface Rpc {
  readonly call?: RpcCall | undefined
  readonly answer?: RpcAnswer | undefined
}

/** Values inside each other; a value takes up to four levels of elements. */
const DEEPEST = 32

const tooDeep = new CodecError('A value is nested too deeply.')
const bad = new CodecError('A value is not one of XML-RPC.')

function readValue(value: Element, depth = 0): RpcValue | CodecError {
  if (depth === DEEPEST) return tooDeep
  const typed = value.firstElement()
  if (typed === undefined) return value.text() // without a type it is a string
  if (typed.ns !== RPC_NS) return bad
  const content = typed.text()
  switch (typed.name) {
    case 'string':
      return content
    case 'i4':
    case 'int':
    case 'i8':
      return parseInteger(trim(content)) ?? bad
    case 'double':
      return readDouble(trim(content)) ?? bad
    case 'boolean':
      return content === '1' ? true : content === '0' ? false : bad
    case 'nil':
      return null
    case 'base64':
      return base64.decode(content.replace(/[ \t\r\n]/g, '')) ?? bad
    case 'dateTime.iso8601':
      return readDate(trim(content)) ?? bad
    case 'array':
      return readArray(typed, depth + 1)
    case 'struct':
      return readStruct(typed, depth + 1)
    default:
      return bad
  }
}

function readArray(array: Element, depth: number): RpcValue[] | CodecError {
  const values: RpcValue[] = []
  for (const value of array.child('data')?.childElements() ?? []) {
    const read = value.is('value', RPC_NS) ? readValue(value, depth) : bad
    if (read instanceof CodecError) return read
    values.push(read)
  }
  return values
}

function readStruct(struct: Element, depth: number): Map<string, RpcValue> | CodecError {
  const values = new Map<string, RpcValue>()
  for (const member of struct.childElements()) {
    const value = member.child('value')
    const name = member.childText('name')
    const read = member.is('member', RPC_NS) && value && name !== undefined ? readValue(value, depth) : bad
    if (read instanceof CodecError) return read
    values.set(name!, read)
  }
  return values
}

function readDouble(digits: string): number | undefined {
  if (digits === '' || digits.length > 400) return undefined
  for (const char of digits) if (!'0123456789.+-eE'.includes(char)) return undefined
  const value = Number(digits)
  return Number.isFinite(value) ? value + 0 : undefined // no negative zero
}

/** `19980717T14:08:55`, or as in XEP-0082. */
function readDate(written: string): Date | undefined {
  const compact = written[4] !== '-'
  const day = compact ? `${written.slice(0, 4)}-${written.slice(4, 6)}-${written.slice(6, 8)}` : written.slice(0, 10)
  const clock = written.slice(compact ? 8 : 10)
  const ms = parseDateTime(day + clock) ?? parseDateTime(`${day}${clock}Z`)
  return ms === undefined ? undefined : new Date(ms)
}

function writeValue(value: RpcValue, depth = 0): Element {
  if (depth === DEEPEST) throw new RangeError('This value is nested too deeply for XML-RPC.')
  return el('value', RPC_NS, undefined, [writeTyped(value, depth + 1)])
}

function writeTyped(value: RpcValue, depth: number): Element {
  const simple = (name: string, content: string) => el(name, RPC_NS, undefined, content)
  if (value === null) return simple('nil', '')
  switch (typeof value) {
    case 'string':
      return simple('string', value)
    case 'boolean':
      return simple('boolean', value ? '1' : '0')
    case 'number':
      if (!Number.isFinite(value)) throw new RangeError(`${value} is no number that XML-RPC can say`)
      return simple((value | 0) === value ? 'i4' : 'double', String(value))
  }
  if (value instanceof Uint8Array) return simple('base64', base64.encode(value))
  if (value instanceof Date) {
    const moment = formatDateTime(value.getTime())
    return simple('dateTime.iso8601', moment.slice(0, 4) + moment.slice(5, 7) + moment.slice(8, -1))
  }
  if (Array.isArray(value)) {
    return el('array', RPC_NS, undefined, [
      el(
        'data',
        RPC_NS,
        undefined,
        value.map((one) => writeValue(one, depth)),
      ),
    ])
  }
  const members: Iterable<[string, RpcValue]> = value instanceof Map ? value : Object.entries(value)
  return el(
    'struct',
    RPC_NS,
    undefined,
    Array.from(members, ([name, one]) =>
      el('member', RPC_NS, undefined, [simple('name', name), writeValue(one, depth)]),
    ),
  )
}

/** The values of `<params/>`, which may be missing. */
const params: RequiredPart<readonly RpcValue[]> = {
  read: (parent) => {
    const values: RpcValue[] = []
    for (const param of parent.child('params')?.childElements() ?? []) {
      const value = param.child('value')
      const read = value === undefined ? bad : readValue(value)
      if (read instanceof CodecError) return read
      values.push(read)
    }
    return values
  },
  write: (values, draft) => {
    const list = values.map((value) => el('param', RPC_NS, undefined, [writeValue(value)]))
    draft.children.push(el('params', RPC_NS, undefined, list))
  },
}

const value: OptionalPart<RpcValue> = {
  read: (answer) => {
    if (answer.child('params') === undefined) return undefined
    const read = params.read(answer) as readonly RpcValue[] | CodecError
    if (read instanceof CodecError) return read
    return read[0] === undefined ? null : read[0] // some send none where there is nothing to say
  },
  write: (one, draft) => params.write([one], draft),
}

const fault: OptionalPart<{ readonly code: number; readonly message: string }> = {
  read: (answer) => {
    const found = answer.child('fault')
    if (found === undefined) return undefined
    const inside = found.child('value')
    const read = inside === undefined ? bad : readValue(inside)
    if (read instanceof CodecError) return read
    const code = read instanceof Map ? read.get('faultCode') : undefined
    const message = read instanceof Map ? read.get('faultString') : undefined
    return typeof code === 'number' && typeof message === 'string' ? { code, message } : bad
  },
  write: ({ code, message }, draft) => {
    const inside = writeValue({ faultCode: code, faultString: message })
    draft.children.push(el('fault', RPC_NS, undefined, [inside]))
  },
}

const methodName: Text<string> = {
  expected: 'letters, digits and _.:/',
  decode: (name) => (/^[\w.:/]+$/.test(name) ? name : undefined), // [XEP-0009 8]
  encode: (name) => name,
}

export const rpc: ElementCodec<Rpc> = element(
  RPC_NS,
  'query',
  {
    call: optionalChild<RpcCall>(element(RPC_NS, 'methodCall', { method: text('methodName', methodName), params })),
    answer: optionalChild<RpcAnswer>(element(RPC_NS, 'methodResponse', { value, fault }, onlyOne)),
  },
  onlyOne, // [XEP-0009 2]
)

function onlyOne(parts: object): string | undefined {
  return Object.keys(parts).length === 1 ? undefined : 'A call, a value or a fault is needed, and one only.'
}
