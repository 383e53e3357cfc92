/**
 * Base 64 (RFC 4648 section 4), strict: no spaces, no line breaks, padding required and its unused bits zero [RFC6120 6.3.5].
 * Not the URL-safe alphabet.
 */

/** Of HTML, and of all that runs JavaScript. */
declare const btoa: (binary: string) => string
declare const atob: (text: string) => string

/** A character for each octet. */
export function toBinary(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return binary
}

export function fromBinary(binary: string): Uint8Array {
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}

export function encodeBase64(bytes: Uint8Array): string {
  return btoa(toBinary(bytes))
}

/** The octets, or undefined when the text is not exactly what an encoder makes of them. The empty text is zero octets. */
export function decodeBase64(text: string): Uint8Array | undefined {
  let binary: string
  try {
    binary = atob(text)
  } catch {
    return undefined
  }
  // [RFC6120 6.3.5] atob forgives spaces, missing padding, and padding bits that are not zero
  return btoa(binary) === text ? fromBinary(binary) : undefined
}
