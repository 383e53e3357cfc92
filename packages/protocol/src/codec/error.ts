/**
 * What a codec answers when an element is the one it declares, but broken: a value to look at, never thrown.
 * It is not an error reply; whoever asked turns it into one (most often `bad-request` with this sentence as text).
 */
export class CodecError {
  /** One English sentence saying what is wrong, safe to send back: it quotes declared names, never wire data. */
  readonly sentence: string

  constructor(sentence: string) {
    this.sentence = sentence
  }
}

/** Reads better in conditions than `instanceof`. */
export function isBroken(value: unknown): value is CodecError {
  return value instanceof CodecError
}

/** What was read, where it is there and not broken. */
export function intact<T>(read: T | CodecError | undefined): T | undefined {
  return read instanceof CodecError ? undefined : read
}
