/**
 * Which characters names can have: those of XML 1.0 up to its fourth edition, appendix B. The fifth, which RFC 6120 names, allows all of
 * these and many more; but expat does not read those, and with it half of all clients: whoever got a stanza with such a name
 * passed on would lose the connection. No extension has ever used one. [security catalogue S11]
 */

/** Beyond ASCII, pairs in base 36: how far a range begins after the end of the one before, and how many characters it has after its first. */
const starts: Uint16Array = boundaries(
  '5c m 2 u 2 1l 3 a 3 7 2 1g 2 1v a z 4 1 5 t 1l 2g j 6 5h 0 2 2 2 0 2 j 2 17 2 6 4 0 2 0 2 0 2 0 2 h e b 2 ' +
    '1t 2 b 2 z f 1g 3 1 3 1 4 r 3 7 3 1 1k 11 3 0 8 11 22 q 6 2 1b p 7 9 13 1y 3 4 2 e 2 3 2 0 g 1 f3 1g 4 0 r ' +
    '9 10 7 3 1 3 l 2 6 2 0 4 3 z 1 2 2 f 1 k 5 5 1 3 l 2 6 2 1 2 1 2 1 w 3 2 0 k 2 h 6 2 0 2 2 2 l 2 6 2 1 2 4 ' +
    '4 0 z 0 11 7 3 1 3 l 2 6 2 1 3 3 4 0 v 1 2 2 10 5 4 2 2 3 4 1 2 0 2 1 4 1 4 2 4 7 2 2 24 7 2 2 2 m 2 9 2 4 ' +
    '13 1 10 7 2 2 2 m 2 9 2 4 11 0 2 1 10 7 2 2 2 m 2 f 13 1 4g 19 2 0 2 1 d 5 1o 1 2 0 3 1 2 0 3 0 7 3 2 6 2 2 ' +
    '2 0 2 0 3 1 2 1 2 0 2 1 a 0 3 4 3g 7 2 w 8n 11 b 12 a 0 2 1 2 2 2 0 2 1 2 4 16 0 2 0 2 0 c 0 2 0 2 0 4 1 4 ' +
    '0 6 2 2 0 2 0 2 0 2 0 4 1 4 1 2 0 15 0 a 0 3 0 3 1 8 1 2 0 2 6 15 0 5 0 9 0 2dj 4b 5 2h 7 l 3 5 3 11 3 5 3 ' +
    '7 2 0 2 0 2 0 2 u 3 1g 2 6 2 0 4 2 2 6 4 3 3 5 5 c 6 2 2 6 8a 0 4 1 3 0 2a 2 2v9 0 q 8 o 2b d 2h b 13 5p0 ' +
    'g4l 2fv 8mb',
)

/** Those that can only follow: combining characters, digits, extenders. */
const others: Uint16Array = boundaries(
  '53 0 ex 1 1b 1x r 1 12 0 70 3 7f g 2 m 2 2 2 0 2 1 2 0 3g 0 b 7 e 9 7 0 2u e 3 1 2 3 3 9 eg 2 1l 0 2 f 4 3 ' +
    'e 1 3 9 i 2 1l 0 2 6 3 1 3 2 a 0 b 1 3 9 j 0 1m 0 2 4 5 1 3 2 p b g 2 1l 0 2 7 2 2 2 2 p 9 i 2 1l 0 2 5 4 1 ' +
    '3 2 9 1 f 9 j 1 1n 4 4 2 2 3 a 0 g 8 i 2 1n 6 2 2 2 3 8 1 g 9 j 1 1n 6 2 2 2 3 8 1 g 9 j 1 1n 5 3 2 2 3 a 0 ' +
    'f 9 5e 0 3 6 c 8 2 9 2g 0 3 5 2 1 a 0 2 5 3 9 1r 1 7 9 c 0 2 0 2 0 5 1 1e j 2 5 5 5 2 0 2 k 4 6 2 0 3dj c 5 ' +
    '0 2zo 0 11 5 2 4 2s 1 3 1 2m 2',
)

/** [XML 4th edition, 2.3 Letter | '_'], without the colon. */
export function isNameStart(c: number): boolean {
  if (c < 0x80) return (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a) || c === 0x5f
  return isIn(starts, c)
}

/** [XML 4th edition, 2.3 NameChar], without the colon. */
export function isNameCharacter(c: number): boolean {
  if (c < 0x80) return isNameStart(c) || (c >= 0x30 && c <= 0x39) || c === 0x2d || c === 0x2e
  return isIn(starts, c) || isIn(others, c)
}

/** First and last character of every range, ascending. */
function boundaries(ranges: string): Uint16Array {
  let last = 0
  return Uint16Array.from(ranges.split(' '), (distance) => (last += Number.parseInt(distance, 36)))
}

function isIn(ranges: Uint16Array, c: number): boolean {
  if (c > 0xffff) return false
  let low = 0
  let high = ranges.length >> 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (ranges[middle * 2 + 1]! < c) low = middle + 1
    else high = middle
  }
  return low * 2 < ranges.length && ranges[low * 2]! <= c
}
