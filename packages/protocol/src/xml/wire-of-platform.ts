/** Wire strings and escapes with the platform's codec: for bundles for browsers. The same as `wire.ts` and `escape.ts`. */
import { decodeUtf8, encodeUtf8 } from '#utf8'

/** What is no character of XML [XML 2.2], lone surrogates included. */
export const illegal: RegExp = /[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

/** Text to wire. Lone surrogates and characters that XML 1.0 cannot carry become U+FFFD. */
export function toWire(text: string): string {
  if (/^[\t\n\r -\x7f]*$/.test(text)) return text
  let wire = ''
  for (const byte of encodeUtf8(text.replaceAll(illegal, '\ufffd'))) wire += String.fromCharCode(byte)
  return wire
}

/** Wire to text. For bytes that are known to be valid UTF-8 only; anything else decodes to something unspecified. */
export function fromWire(wire: string): string {
  return decodeWire(wire) ?? ''
}

/** Wire to text, strictly: undefined for what is no UTF-8, or no wire string. */
export function decodeWire(wire: string): string | undefined {
  if (/^[\0-\x7f]*$/.test(wire)) return wire
  if (/[^\0-\xff]/.test(wire)) return undefined
  const bytes = new Uint8Array(wire.length)
  for (let i = 0; i < wire.length; i++) bytes[i] = wire.charCodeAt(i)
  return decodeUtf8(bytes)
}

/** Text to the wire form that may stand between tags. [XML 2.4] */
export function escapeText(text: string): string {
  return toWire(text.replaceAll(/[&<>\r]/g, escapeCharacter))
}

/** Text to the wire form that may stand between single or double quotes. [XML 3.3.3] */
export function escapeAttribute(text: string): string {
  return toWire(text.replaceAll(/[&<>'"\t\n\r]/g, escapeCharacter))
}

function escapeCharacter(character: string): string {
  const name = ['quot', 'amp', 'apos', 'lt', 'gt']['"&\'<>'.indexOf(character)]
  return `&${name ?? `#x${character.charCodeAt(0).toString(16).toUpperCase()}`};`
}
