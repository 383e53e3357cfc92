/** Wire strings: one char code per byte of UTF-8. Encoding and decoding without platform APIs. Not a validator: see decode.ts. */

/** Scratch for building strings from code units; emptied through `flushUnits` before it is full. Nothing here is re-entrant. */
const units: Uint16Array = new Uint16Array(1024)
const flushAt = 1024 - 8

export function flushUnits(count: number): string {
  return String.fromCharCode.apply(null, units.subarray(0, count) as unknown as number[])
}

/** Text to wire. Lone surrogates and characters that XML 1.0 cannot carry become U+FFFD. */
export function toWire(text: string): string {
  const length = text.length
  for (let i = 0; i < length; i++) {
    const c = text.charCodeAt(i)
    if (c >= 0x80 || (c < 0x20 && c !== 9 && c !== 10 && c !== 13)) return encodeFrom(text, i, noEscapes)
  }
  return text
}

const noEscapes: readonly (string | undefined)[] = []

/** Encodes `text`, whose first `start` characters stand for themselves; an ASCII character with an entry in `escapes` is replaced by it. */
export function encodeFrom(text: string, start: number, escapes: readonly (string | undefined)[]): string {
  const length = text.length
  let out = text.slice(0, start)
  let n = 0
  for (let i = start; i < length; i++) {
    if (n >= flushAt) {
      out += flushUnits(n)
      n = 0
    }
    let c = text.charCodeAt(i)
    if (c < 0x80) {
      const replacement = c < escapes.length ? escapes[c] : undefined
      if (replacement !== undefined) {
        for (let k = 0; k < replacement.length; k++) units[n++] = replacement.charCodeAt(k)
        continue
      }
      if (c >= 0x20 || c === 9 || c === 10 || c === 13) {
        units[n++] = c
        continue
      }
      c = 0xfffd
    } else if (c >= 0xd800 && c <= 0xdfff) {
      const low = c < 0xdc00 && i + 1 < length ? text.charCodeAt(i + 1) : 0
      if (low >= 0xdc00 && low <= 0xdfff) {
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00)
        i++
      } else c = 0xfffd
    } else if (c >= 0xfffe) c = 0xfffd
    if (c < 0x800) units[n++] = 0xc0 | (c >> 6)
    else {
      if (c < 0x10000) units[n++] = 0xe0 | (c >> 12)
      else {
        units[n++] = 0xf0 | (c >> 18)
        units[n++] = 0x80 | ((c >> 12) & 0x3f)
      }
      units[n++] = 0x80 | ((c >> 6) & 0x3f)
    }
    units[n++] = 0x80 | (c & 0x3f)
  }
  return out + flushUnits(n)
}

/** Wire to text. For bytes that are known to be valid UTF-8 only; anything else decodes to something unspecified. */
export function fromWire(wire: string): string {
  const length = wire.length
  for (let i = 0; i < length; i++) if (wire.charCodeAt(i) >= 0x80) return decodeFrom(wire, i)
  return wire
}

function decodeFrom(wire: string, start: number): string {
  const length = wire.length
  let out = wire.slice(0, start)
  let n = 0
  let i = start
  while (i < length) {
    if (n >= flushAt) {
      out += flushUnits(n)
      n = 0
    }
    const c = wire.charCodeAt(i)
    if (c < 0x80) {
      units[n++] = c
      i++
    } else if (c < 0xe0) {
      units[n++] = ((c & 0x1f) << 6) | (wire.charCodeAt(i + 1) & 0x3f)
      i += 2
    } else if (c < 0xf0) {
      units[n++] = ((c & 0x0f) << 12) | ((wire.charCodeAt(i + 1) & 0x3f) << 6) | (wire.charCodeAt(i + 2) & 0x3f)
      i += 3
    } else {
      n = pushCodePoint(
        n,
        ((c & 0x07) << 18) |
          ((wire.charCodeAt(i + 1) & 0x3f) << 12) |
          ((wire.charCodeAt(i + 2) & 0x3f) << 6) |
          (wire.charCodeAt(i + 3) & 0x3f),
      )
      i += 4
    }
  }
  return out + flushUnits(n)
}

/** Appends one code point to the scratch at `n`, which must be below `unitsFull`; gives the new count. */
export function pushCodePoint(n: number, code: number): number {
  if (code < 0x10000) {
    units[n] = code
    return n + 1
  }
  units[n] = 0xd7c0 + (code >> 10)
  units[n + 1] = 0xdc00 | (code & 0x3ff)
  return n + 2
}

export const unitsFull: number = flushAt
