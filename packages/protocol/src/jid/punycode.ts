// Punycode (RFC 3492) for the labels of domain names, both ways. Whether a label is a valid U-label is for domain.ts to say.

const BASE = 36
const T_MIN = 1
const T_MAX = 26
const SKEW = 38
const DAMP = 700
const INITIAL_BIAS = 72
const INITIAL_N = 0x80
/** A label has at most 63 octets [RFC1034 3.1]; more code points cannot fit, and the work is bounded. */
const MAX_CODE_POINTS = 63

/** The text behind the part of an A-label that follows "xn--"; undefined if it is not Punycode. */
export function decodePunycode(encoded: string): string | undefined {
  if (encoded.length > MAX_CODE_POINTS) return undefined
  const basicEnd = Math.max(encoded.lastIndexOf('-'), 0)
  const output: number[] = []
  for (let index = 0; index < basicEnd; index++) {
    const code = encoded.charCodeAt(index)
    if (code >= 0x80) return undefined
    output.push(code)
  }
  let n = INITIAL_N
  let bias = INITIAL_BIAS
  let position = 0
  let index = basicEnd > 0 ? basicEnd + 1 : 0
  while (index < encoded.length) {
    const before = position
    let weight = 1
    for (let k = BASE; ; k += BASE) {
      const digit = digitOf(encoded.charCodeAt(index++)) // past the end: NaN, no digit
      if (digit < 0) return undefined
      position += digit * weight
      if (position > 0x7fffffff) return undefined
      const threshold = thresholdAt(k, bias)
      if (digit < threshold) break
      weight *= BASE - threshold
    }
    const count = output.length + 1
    bias = adapt(position - before, count, before === 0)
    n += Math.floor(position / count)
    if (n > 0x10ffff || (n >= 0xd800 && n <= 0xdfff)) return undefined
    position %= count
    output.splice(position, 0, n)
    position++
  }
  return String.fromCodePoint(...output)
}

/** What follows "xn--" in the A-label of this text; undefined if it could not fit into a label. */
export function encodePunycode(text: string): string | undefined {
  const input: number[] = []
  let output = ''
  for (const char of text) {
    if (input.push(char.codePointAt(0)!) > MAX_CODE_POINTS) return undefined
    if (char < '\x80') output += char
  }
  const basic = output.length
  let handled = basic
  if (basic > 0) output += '-'
  let n = INITIAL_N
  let delta = 0
  let bias = INITIAL_BIAS
  while (handled < input.length) {
    const next = input.reduce((least, code) => (code >= n && code < least ? code : least), 0x110000)
    delta += (next - n) * (handled + 1)
    n = next
    for (const code of input) {
      if (code < n) delta++
      if (code !== n) continue
      output += encodeDelta(delta, bias)
      bias = adapt(delta, handled + 1, handled === basic)
      delta = 0
      handled++
    }
    delta++
    n++
  }
  return output
}

function encodeDelta(delta: number, bias: number): string {
  let output = ''
  let rest = delta
  for (let k = BASE; ; k += BASE) {
    const threshold = thresholdAt(k, bias)
    if (rest < threshold) return output + charOf(rest)
    output += charOf(threshold + ((rest - threshold) % (BASE - threshold)))
    rest = Math.floor((rest - threshold) / (BASE - threshold))
  }
}

function thresholdAt(k: number, bias: number): number {
  return Math.min(Math.max(k - bias, T_MIN), T_MAX)
}

/** [RFC3492 6.1] */
function adapt(delta: number, count: number, first: boolean): number {
  let rest = first ? Math.floor(delta / DAMP) : delta >> 1
  rest += Math.floor(rest / count)
  let k = 0
  while (rest > ((BASE - T_MIN) * T_MAX) >> 1) {
    rest = Math.floor(rest / (BASE - T_MIN))
    k += BASE
  }
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW))
}

/** a–z are 0–25, 0–9 are 26–35; the label is in lower case by now. */
function digitOf(code: number): number {
  if (code >= 0x61 && code <= 0x7a) return code - 0x61
  if (code >= 0x30 && code <= 0x39) return code - 0x30 + 26
  return -1
}

function charOf(digit: number): string {
  return String.fromCharCode(digit < 26 ? digit + 0x61 : digit - 26 + 0x30)
}
