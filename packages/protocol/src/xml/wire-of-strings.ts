/**
 * Wire strings and escapes where frames come and go as JavaScript strings: for bundles for browsers. The wire form of a text is the text
 * itself, so a char is a UTF-16 code unit here, not a byte. Otherwise the same as `wire.ts` and `escape.ts`.
 */

/** What is no character of XML [XML 2.2], lone surrogates included. */
export const illegal: RegExp = /[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

/** Text to wire. Lone surrogates and characters that XML 1.0 cannot carry become U+FFFD. */
export function toWire(text: string): string {
  return text.replaceAll(illegal, '\ufffd')
}

/** Wire to text. */
export function fromWire(wire: string): string {
  return wire
}

/** Text to the wire form that may stand between tags. [XML 2.4] */
export function escapeText(text: string): string {
  return toWire(text.replaceAll(/[&<>\r]/g, reference))
}

/** Text to the wire form that may stand between single or double quotes. [XML 3.3.3] */
export function escapeAttribute(text: string): string {
  return toWire(text.replaceAll(/[&<>'"\t\n\r]/g, reference))
}

/** [XML 4.1] */
function reference(character: string): string {
  return `&#${character.charCodeAt(0)};`
}
