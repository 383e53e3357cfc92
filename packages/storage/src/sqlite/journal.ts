/** How what tables remember beside the database follows it when a transaction, or one operation of it, is undone. */

export class Journal {
  readonly #undo: (() => void)[] = []

  /** Where the journal stands: before an operation. */
  get mark(): number {
    return this.#undo.length
  }

  /** After something remembered was changed: how to change it back. */
  push(undo: () => void): void {
    this.#undo.push(undo)
  }

  /** The database went back to how it was at the mark. */
  undoTo(mark: number): void {
    while (this.#undo.length > mark) this.#undo.pop()!()
  }

  /** The transaction was committed. */
  clear(): void {
    this.#undo.length = 0
  }
}
