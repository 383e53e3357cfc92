/** Text frames as the server sends them, written as wire strings: a header of two to ten bytes, then the text. RFC 6455 section 5.2. */

/** A whole text message in one frame, unmasked. */
const finalText = '\u0081'

export function textFrame(wire: string): string {
  const length = wire.length
  if (length < 126) return finalText + String.fromCharCode(length) + wire
  if (length < 65_536) return finalText + String.fromCharCode(126, length >> 8, length & 255) + wire
  // no string is longer than 2^32
  const bytes = [24, 16, 8, 0].map((shift) => (length >>> shift) & 255)
  return finalText + String.fromCharCode(127, 0, 0, 0, 0, ...bytes) + wire
}
