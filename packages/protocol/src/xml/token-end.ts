/**
 * Finds the end of a token that did not fit in one chunk, looking at each byte once, so that a peer who sends byte by byte costs linear time.
 * It follows the grammar of tags just closely enough that the tokenizer, asked again, either completes the token or refuses it.
 */

/** The token is whole, or certainly broken: ask the tokenizer. */
export const READY = 0
/** Fewer than a handful of bytes: any further byte is worth asking. */
export const SHORT = 1
export const TAG = 2
export const TEXT_RUN = 3
export const CDATA = 4
/** The XML declaration. */
export const DECLARATION = 5
const TAG_NAME = 6
const TAG_SPACE = 7
const TAG_SLASH = 8
const ATTRIBUTE_NAME = 9
const AFTER_NAME = 10
const BEFORE_VALUE = 11
const APOS_VALUE = 12
const QUOT_VALUE = 13
const AFTER_VALUE = 14
const END_TAG = 15
const CDATA_1 = 16
const CDATA_2 = 17
const DECLARATION_1 = 18
const TAG_OPEN = 19
const END_TAG_SPACE = 20

export const SPACE = 1
const EQUALS = 2
const SLASH = 3
const END = 4
const QUOTE = 5
const BROKEN = 6
/** Of every byte, by what it can mean inside a tag; 0 for what may stand in a name. */
export const tagClass: Uint8Array = Uint8Array.from({ length: 256 }, (_, c) => {
  if (c === 0x20 || c === 9 || c === 10 || c === 13) return SPACE
  if (c === 0x3d) return EQUALS
  if (c === 0x2f) return SLASH
  if (c === 0x3e) return END
  if (c === 0x22 || c === 0x27) return QUOTE
  return c < 0x20 || c === 0x3c || c === 0x26 ? BROKEN : 0
})

/**
 * The state after `chunk` from `start` on; if the token is READY, the index of the byte that made it so as -1 - index.
 * A token's first state is TAG (at its '<'), TEXT_RUN, CDATA (at its '<') or DECLARATION (after its '<').
 */
export function findTokenEnd(state: number, chunk: string, start: number): number {
  for (let i = start; i < chunk.length; i++) {
    state = step(state, chunk.charCodeAt(i))
    if (state === READY) return -1 - i
  }
  return state
}

function step(state: number, c: number): number {
  switch (state) {
    case TEXT_RUN:
      return c === 0x3c || (c < 0x20 && tagClass[c] !== SPACE) ? READY : TEXT_RUN
    case APOS_VALUE:
      return c === 0x27 ? AFTER_VALUE : c === 0x3c || (c < 0x20 && tagClass[c] !== SPACE) ? READY : APOS_VALUE
    case QUOT_VALUE:
      return c === 0x22 ? AFTER_VALUE : c === 0x3c || (c < 0x20 && tagClass[c] !== SPACE) ? READY : QUOT_VALUE
    case CDATA:
    case CDATA_1:
    case CDATA_2:
      if (c === 0x5d) return state === CDATA ? CDATA_1 : CDATA_2
      return state === CDATA_2 && c === 0x3e ? READY : CDATA
    case DECLARATION:
    case DECLARATION_1:
      if (c === 0x3f) return DECLARATION_1
      return c === 0x3c || (state === DECLARATION_1 && c === 0x3e) ? READY : DECLARATION
    case TAG:
      return c === 0x3c ? TAG_OPEN : READY
    default:
      return stepInTag(state, c, tagClass[c] ?? BROKEN)
  }
}

function stepInTag(state: number, c: number, kind: number): number {
  if (kind === BROKEN || kind === END) return READY
  switch (state) {
    case TAG_OPEN:
      return kind === 0 ? TAG_NAME : kind === SLASH ? END_TAG : READY
    case TAG_NAME:
      if (kind === 0) return TAG_NAME
      return kind === SPACE ? TAG_SPACE : kind === SLASH ? TAG_SLASH : READY
    case TAG_SPACE:
      if (kind === SPACE) return TAG_SPACE
      return kind === 0 ? ATTRIBUTE_NAME : kind === SLASH ? TAG_SLASH : READY
    case ATTRIBUTE_NAME:
      if (kind === 0) return ATTRIBUTE_NAME
      return kind === EQUALS ? BEFORE_VALUE : kind === SPACE ? AFTER_NAME : READY
    case AFTER_NAME:
      return kind === SPACE ? AFTER_NAME : kind === EQUALS ? BEFORE_VALUE : READY
    case BEFORE_VALUE:
      return kind === SPACE ? BEFORE_VALUE : kind === QUOTE ? (c === 0x27 ? APOS_VALUE : QUOT_VALUE) : READY
    case AFTER_VALUE:
      return kind === SPACE ? TAG_SPACE : kind === SLASH ? TAG_SLASH : READY
    case END_TAG:
      return kind === 0 ? END_TAG : kind === SPACE ? END_TAG_SPACE : READY
    case END_TAG_SPACE:
      return kind === SPACE ? END_TAG_SPACE : READY
    default:
      return READY
  }
}
