/**
 * HTTP File Upload (XEP-0363 1.2.0): asking for a slot, the slot, how much it may hold, and why there is none. The upload itself is HTTP and
 * not here.
 */
import {
  attribute,
  CodecError,
  child,
  dateTime,
  type ElementCodec,
  element,
  integer,
  mapped,
  nonEmpty,
  type OptionalPart,
  optionalAttribute,
  optionalText,
  parseInteger,
  type RequiredPart,
  string,
  trim,
} from '../codec/index.ts'
import { type DataForm, firstValueOf, formTypeOf, makeField } from '../forms/index.ts'
import { type Element, el } from '../xml/index.ts'
import { linkOf } from './links.ts'

export const UPLOAD_NS = 'urn:xmpp:http:upload:0'
/** With `#` and the name of a purpose it is a feature of the service. */
export const UPLOAD_PURPOSE_NS = 'urn:xmpp:http:upload:purpose:0'

/** How long a file is meant to stay. [XEP-0363 5] */
export type UploadPurpose =
  | { readonly name: 'message' | 'profile' | 'permanent' }
  /** Gone after this moment, in milliseconds since 1970. */
  | { readonly name: 'ephemeral'; readonly expireBefore: number }

export interface SlotRequest {
  readonly filename: string
  /** Bytes. */
  readonly size: number
  readonly contentType?: string | undefined
  /** `message` where it is missing. */
  readonly purpose?: UploadPurpose | undefined
}

/** The first purpose that is known; others are as if there were none. */
const purpose: OptionalPart<UploadPurpose> = {
  read: (request) => {
    for (const one of request.childElements()) {
      const { ns, name } = one
      if (ns !== UPLOAD_PURPOSE_NS) continue
      if (name === 'message' || name === 'profile' || name === 'permanent') return { name }
      if (name !== 'ephemeral') continue
      const expireBefore = dateTime.decode(one.attr('expire-before') ?? '')
      if (expireBefore === undefined) return new CodecError('<ephemeral/> needs a time in "expire-before".')
      return { name, expireBefore }
    }
    return undefined
  },
  write: (value, draft) => {
    draft.children.push(purposeElement(value))
  },
}

function purposeElement(purpose: UploadPurpose): Element {
  const until = purpose.name === 'ephemeral' ? { 'expire-before': dateTime.encode(purpose.expireBefore) } : undefined
  return el(purpose.name, UPLOAD_PURPOSE_NS, until)
}

/** The same as `slotRequest.build`, for those who only ask. */
export function askForSlot({ filename, size, contentType, purpose }: SlotRequest): Element {
  const attributes = { filename, size: String(size), 'content-type': contentType }
  return el('request', UPLOAD_NS, attributes, [purpose && purposeElement(purpose)])
}

export const slotRequest: ElementCodec<SlotRequest> = element(UPLOAD_NS, 'request', {
  filename: attribute('filename', nonEmpty),
  size: attribute('size', integer(1)),
  contentType: optionalAttribute('content-type', string),
  purpose,
})

export interface Slot {
  /** Where the file goes. */
  readonly put: {
    readonly url: string
    /**
     * To be sent with the file, in this order; a name may come more than once. Safe to give to HTTP: none but the three allowed, one line each.
     */
    readonly headers: readonly (readonly [name: HeaderName, value: string])[]
  }
  /** Where it can be had afterwards. */
  readonly get: string
}

type HeaderName = 'Authorization' | 'Cookie' | 'Expires'

/** Others are ignored, and line breaks cut, or a service could write what it likes into a request. [XEP-0363 4, 9.2] */
const headers: RequiredPart<Slot['put']['headers']> = {
  read: (put) => {
    const list: [HeaderName, string][] = []
    for (const header of put.childElements()) {
      const name = header.is('header', UPLOAD_NS) && allowed(oneLine(header.attr('name') ?? '').toLowerCase())
      if (name) list.push([name, oneLine(header.text())])
    }
    return list
  },
  write: (list, draft) => {
    for (const [name, value] of list) draft.children.push(el('header', UPLOAD_NS, { name }, value))
  },
}

function allowed(name: string): HeaderName | undefined {
  return (['Authorization', 'Cookie', 'Expires'] as const).find((one) => one.toLowerCase() === name)
}

/** Without control characters: HTTP refuses the others as well. */
function oneLine(text: string): string {
  return trim(text.replace(/\p{Cc}/gu, ''))
}

/** With links of these schemes; `https` alone is what the specification allows. [XEP-0363 4] */
/* @__NO_SIDE_EFFECTS__ */
export function slotOf(...schemes: readonly string[]): ElementCodec<Slot> {
  const url = attribute('url', linkOf(schemes))
  return element(UPLOAD_NS, 'slot', {
    put: child(element(UPLOAD_NS, 'put', { url, headers })),
    get: mapped(
      child(element(UPLOAD_NS, 'get', { url })),
      (get) => get.url,
      (link) => ({ url: link }),
    ),
  })
}

export const slot: ElementCodec<Slot> = slotOf('https')

/** When refused as `not-acceptable`: the file is larger than this many bytes. [XEP-0363 6] */
export const fileTooLarge: ElementCodec<{ readonly maxFileSize?: number | undefined }> = element(
  UPLOAD_NS,
  'file-too-large',
  { maxFileSize: optionalText('max-file-size', integer(0)) },
)

/** When refused for now: the moment to try again, in milliseconds since 1970. [XEP-0363 6] */
export const uploadRetry: ElementCodec<{ readonly stamp: number }> = element(UPLOAD_NS, 'retry', {
  stamp: attribute('stamp', dateTime),
})

/** The largest file in bytes, of the forms in the disco info of the service; undefined when it does not say. [XEP-0363 3] */
export function maxFileSizeOf(forms: readonly DataForm[]): number | undefined {
  const form = forms.find((one) => formTypeOf(one) === UPLOAD_NS)
  const size = parseInteger(trim((form && firstValueOf(form, 'max-file-size')) ?? ''))
  return size !== undefined && size >= 0 ? size : undefined
}

/** The form that says so. */
export function maxFileSizeForm(bytes: number): DataForm {
  const fields = [makeField('FORM_TYPE', 'hidden', [UPLOAD_NS]), makeField('max-file-size', undefined, [String(bytes)])]
  return { type: 'result', instructions: [], fields, items: [] }
}
