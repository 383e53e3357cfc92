// The error for addresses written in code or configuration. Malformed addresses from the wire are values (undefined), not errors.

export class JidError extends Error {
  override readonly name = 'JidError'
  /** What was meant to be an address, or a part of one. */
  readonly text: string

  constructor(text: string, message: string) {
    super(message)
    this.text = text
  }
}
