/** A YAML file with the positions of everything in it, so that a problem can be shown where it stands. */
import { readFileSync } from 'node:fs'
import { isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import { Failure } from '../failure.ts'
import type { Problem } from './problems.ts'

const maxBytes = 1_000_000

export class YamlFile {
  readonly file: string
  /** What is written in it; an empty file is an empty configuration. */
  readonly content: unknown
  /** What is wrong with the YAML itself. */
  readonly faults: readonly string[]
  readonly #lines = new LineCounter()
  readonly #document: ReturnType<typeof parseDocument>

  constructor(file: string) {
    this.file = file
    const text = read(file)
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false })
    const faults = this.#document.errors.map(({ pos, message }) => `${this.#place(pos[0])}: ${message}`)
    this.content = {}
    if (faults.length === 0) {
      try {
        this.content = this.#document.toJS({ maxAliasCount: 100 }) ?? {}
      } catch (error) {
        faults.push(`${file}: ${error instanceof Error ? error.message : String(error)}`)
      }
    }
    this.faults = faults
  }

  /** Each problem with its place, `rookery.yaml:3:5: ...`, from the top to the bottom of the file. */
  locate(problems: readonly Problem[]): string[] {
    return problems
      .map(({ path, isKey, text }) => ({ offset: this.#offset(path, isKey), text }))
      .sort((a, b) => a.offset - b.offset)
      .map(({ offset, text }) => `${this.#place(offset)}: ${text}`)
  }

  /** Of a value, its key, or the nearest block around it that exists. */
  #offset(path: readonly PropertyKey[], isKey: boolean): number {
    for (let length = path.length; length >= 0; length--) {
      const here = path.slice(0, length)
      const node = isKey || length < path.length ? this.#key(here) : this.#value(here)
      if (node?.range != null) return node.range[0]
    }
    return 0
  }

  #value(path: readonly PropertyKey[]): Node | undefined {
    const node = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true)
    return isNode(node) ? node : undefined
  }

  #key(path: readonly PropertyKey[]): Node | undefined {
    const block = path.length === 0 ? undefined : this.#value(path.slice(0, -1))
    if (!isMap(block)) return this.#value(path)
    const last = String(path.at(-1))
    const pair = block.items.find(({ key }) => isScalar(key) && String(key.value) === last)
    return isNode(pair?.key) ? pair.key : undefined
  }

  #place(offset: number): string {
    const { line, col } = this.#lines.linePos(offset)
    return `${this.file}:${Math.max(1, line)}:${Math.max(1, col)}`
  }
}

function read(file: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT')
      throw new Failure(
        `There is no file ${file}. Make one with "rookery init", or leave --config out to use the defaults.`,
      )
    if (code === 'EISDIR') throw new Failure(`${file} is a folder. Name the file in it.`)
    throw new Failure(`The file ${file} cannot be read (${code}). Make it readable for this user.`)
  }
  if (bytes.length > maxBytes) throw new Failure(`${file} is not a configuration: it is larger than ${maxBytes} bytes.`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Failure(`${file} is not a text in UTF-8. Save it as UTF-8.`)
  }
}
