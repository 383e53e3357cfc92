/** What the entry of a package exports, found by following its exports through the sources. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { parseSync } from 'vite'
import { docAbove, prose, type Source, signatures } from './signature.ts'

export interface Exported {
  name: string
  /** Path of the source from the root of the repository. */
  file: string
  doc: string
  /** More than one for overloads. */
  signatures: string[]
}

const root = join(import.meta.dirname, '../..')
const sources = new Map<string, Source>()

function read(file: string): Source {
  const known = sources.get(file)
  if (known !== undefined) return known
  const text = readFileSync(file, 'utf8')
  const { program, comments, errors } = parseSync(file, text)
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`)
  const source = { text, program, comments }
  sources.set(file, source)
  return source
}

/** The head comment of a file, without what is only of interest inside: its first paragraph. */
export function headOf(file: string): string {
  const first = read(join(root, file)).comments[0]
  return first === undefined || first.start > 0 || first.type !== 'Block' ? '' : prose(first).split('\n\n')[0]!
}

const resolve = (from: string, target: string): string =>
  target.startsWith('.') ? join(dirname(from), target) : createRequire(from).resolve(target)

/** Everything that a file exports, by name. Throws for an export that it does not understand. */
export function exportedBy(path: string): Map<string, Exported> {
  const file = join(root, path)
  const source = read(file)
  const found = new Map<string, Exported>()
  const imported = new Map<string, [from: string, name: string]>()
  for (const statement of source.program.body) {
    if (statement.type === 'ImportDeclaration')
      for (const one of statement.specifiers)
        if (one.type === 'ImportSpecifier') imported.set(one.local.name, [statement.source.value, nameOf(one.imported)])
    if (statement.type === 'ExportAllDeclaration') {
      if (statement.exported !== null) continue // a namespace: nothing that is exported by its own name
      for (const [name, one] of exportedBy(relative(root, resolve(file, statement.source.value)))) found.set(name, one)
    }
    if (statement.type !== 'ExportNamedDeclaration') continue
    for (const { local, exported } of statement.specifiers) {
      const [from, name] =
        statement.source === null
          ? (imported.get(nameOf(local)) ?? [undefined, ''])
          : [statement.source.value, nameOf(local)]
      if (from === undefined) throw new Error(`${path}: export ${nameOf(local)} where it is declared`)
      const one = exportedBy(relative(root, resolve(file, from))).get(name)
      if (one !== undefined) found.set(nameOf(exported), { ...one, name: nameOf(exported) })
    }
    if (statement.declaration !== null) declare(path, source, statement, found)
  }
  return found
}

type Named = Extract<Source['program']['body'][number], { type: 'ExportNamedDeclaration' }>

function declare(file: string, source: Source, { declaration, start }: Named, found: Map<string, Exported>): void {
  const comment = docAbove(source, start)
  const lines = signatures(source, declaration!, comment)
  const doc = comment === undefined ? '' : prose(comment)
  const names =
    declaration!.type === 'VariableDeclaration'
      ? declaration!.declarations.map(({ id }) => ('name' in id ? id.name : ''))
      : ['id' in declaration! && declaration!.id !== null && 'name' in declaration!.id ? declaration!.id.name : '']
  for (const [index, name] of names.entries()) {
    if (lines[index] === undefined) continue
    const before = found.get(name)
    // an overload, or a type and a value of one name; what has a body behind overloads is not for callers
    if (before !== undefined && declaration!.type === 'FunctionDeclaration') continue
    if (before !== undefined) before.signatures.push(lines[index])
    if (before?.doc === '') before.doc = doc
    if (before === undefined) found.set(name, { name, file, doc, signatures: [lines[index]] })
  }
}

const nameOf = (node: { type: string; name?: string; value?: unknown }): string => node.name ?? String(node.value)
