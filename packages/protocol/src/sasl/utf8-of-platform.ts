/** UTF-8 (RFC 3629) as octets with the codec that browsers, workers, Deno and Bun have: for bundles for browsers. The same as `utf8.ts`. */

/** Of the Encoding Standard, as far as it is used here. */
declare const TextEncoder: new () => { encode(text: string): Uint8Array }
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string }

/** UTF-8 of a text; a lone surrogate becomes U+FFFD, as everywhere in ECMAScript. */
export function encodeUtf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** The text of well-formed UTF-8; undefined for anything else: truncated, overlong, surrogates, beyond U+10FFFF. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
