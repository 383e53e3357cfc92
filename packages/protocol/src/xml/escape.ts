/** Text and attribute values to their escaped wire form. [XML 2.4] [XML 3.3.3] */
import { encodeFrom } from './wire.ts'

const textEscapes: readonly (string | undefined)[] = escapes({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' })
const attributeEscapes: readonly (string | undefined)[] = escapes({
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&apos;',
  '"': '&quot;',
  // A parser would turn these into spaces.
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
})

const textStops: Uint8Array = stops(textEscapes, '\t\n\r')
const attributeStops: Uint8Array = stops(attributeEscapes, '')

function escapes(table: Record<string, string>): readonly (string | undefined)[] {
  return Array.from({ length: 64 }, (_, code) => table[String.fromCharCode(code)])
}

function stops(table: readonly (string | undefined)[], allowed: string): Uint8Array {
  return Uint8Array.from({ length: 128 }, (_, code) =>
    table[code] !== undefined || (code < 0x20 && !allowed.includes(String.fromCharCode(code))) ? 1 : 0,
  )
}

/** Text to the wire form that may stand between tags. */
export function escapeText(text: string): string {
  const length = text.length
  for (let i = 0; i < length; i++) {
    const c = text.charCodeAt(i)
    if (c >= 0x80 || textStops[c] === 1) return encodeFrom(text, i, textEscapes)
  }
  return text
}

/** Text to the wire form that may stand between single or double quotes. */
export function escapeAttribute(text: string): string {
  const length = text.length
  for (let i = 0; i < length; i++) {
    const c = text.charCodeAt(i)
    if (c >= 0x80 || attributeStops[c] === 1) return encodeFrom(text, i, attributeEscapes)
  }
  return text
}
