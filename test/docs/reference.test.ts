/** The reference of the client shows declarations as their users see them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSync } from 'vite'
import { docAbove, prose, signatures } from '../../scripts/reference/signature.ts'

/** What the reference shows of each exported declaration of a source. */
function shown(text: string): { doc: string; lines: string[] }[] {
  const { program, comments, errors } = parseSync('a.ts', text)
  assert.deepEqual(errors, [])
  const source = { text, program, comments }
  return program.body.flatMap((one) => {
    if (one.type !== 'ExportNamedDeclaration' || one.declaration === null) return []
    const doc = docAbove(source, one.start)
    return [{ doc: doc === undefined ? '' : prose(doc), lines: signatures(source, one.declaration, doc) }]
  })
}

test('functions and constants are shown without what is in them', () => {
  const text = `/** Head – of the file. */

export const limit: number = 3
/** Pages
 * of it. */
export async function* pages(from = 1): AsyncGenerator<string> { yield '' }
export function read(a: string): string
export function read(a: number): string
`
  assert.deepEqual(shown(text), [
    { doc: '', lines: ['const limit: number'] },
    { doc: 'Pages\nof it.', lines: ['function pages(from = 1): AsyncGenerator<string>'] },
    { doc: '', lines: ['function read(a: string): string'] },
    { doc: '', lines: ['function read(a: number): string'] },
  ])
})

test('classes are shown with what others can use of them', () => {
  const text = `export class Room extends Emitter<Events> implements Disposable {
  readonly kind = 'room'
  readonly nick: string = 'Romeo'
  #left = false
  private joins = 0
  static {
    this.name
  }

  /** @internal */
  constructor() {
    super()
  }

  /** Leaves. */
  async leave(reason?: string): Promise<undefined> {
    this.#left = true
  }

  send(text: string): void
  send(stanza: Element): void
  send(what: unknown): void {}

  get isJoined(): boolean {
    return true
  }

  override [Symbol.dispose](): void {}
}
`
  assert.deepEqual(shown(text)[0]!.lines, [
    `class Room extends Emitter<Events> implements Disposable {
  readonly kind = 'room'
  readonly nick: string
  /** Leaves. */
  leave(reason?: string): Promise<undefined>
  send(text: string): void
  send(stanza: Element): void
  get isJoined(): boolean
  [Symbol.dispose](): void
}`,
  ])
})

test('what is internal is not shown', () => {
  assert.deepEqual(shown('/** For tests. @internal */\nexport const x: number = 1\n')[0]!.lines, [])
})
