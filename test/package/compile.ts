/** Runs the compiler over programs of users and gives its errors as values. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './installed.ts'

export interface Mistake {
  file: string
  line: number
  /** e.g. 2345 */
  code: number
  text: string
}

/** How a program of a user is compiled. */
export interface Mode {
  module: 'nodenext' | 'node16' | 'preserve'
  moduleResolution: 'nodenext' | 'node16' | 'bundler'
  /** Whether the program knows the types of browsers. */
  dom: boolean
  /** Whether it knows those of Node. */
  node: boolean
  /** The libraries of the language; the newest unless told. */
  lib?: readonly string[]
}

const modules = [
  { module: 'nodenext', moduleResolution: 'nodenext' },
  { module: 'node16', moduleResolution: 'node16' },
  { module: 'preserve', moduleResolution: 'bundler' },
] as const

const machines = [
  { dom: true, node: false },
  { dom: false, node: true },
  { dom: true, node: true },
]

export const modes: readonly Mode[] = modules.flatMap((module) =>
  machines.map((machine) => ({ ...module, ...machine })),
)

export const nameOf = ({ moduleResolution, dom, node }: Mode): string =>
  `${moduleResolution}, types of ${[dom ? 'browsers' : [], node ? 'Node' : []].flat().join(' and ')}`

/** Compiles these files of a folder under the strictest settings, declarations of packages included. */
export function compile(folder: string, files: readonly string[], mode: Mode): Mistake[] {
  const { module, moduleResolution, dom, node, lib = ['es2024', 'esnext.disposable'] } = mode
  const compilerOptions = {
    target: 'es2024',
    lib: [...lib, ...(dom ? ['dom', 'dom.iterable', 'dom.asynciterable'] : [])],
    types: node ? ['node'] : [],
    module,
    moduleResolution,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    verbatimModuleSyntax: true,
    skipLibCheck: false,
    noEmit: true,
  }
  const config = join(folder, 'tsconfig.json')
  writeFileSync(config, JSON.stringify({ compilerOptions, files }))
  const tsc = join(root, 'node_modules/.bin/tsc')
  const { status, stdout, stderr } = spawnSync(tsc, ['-p', config, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  })
  const mistakes = [...stdout.matchAll(/^(?:(.+?)\((\d+),\d+\): )?error TS(\d+): (.*)$/gm)].map(
    ([, file = '', line = '0', code, text]) => ({ file, line: Number(line), code: Number(code), text: text! }),
  )
  if ((status === 0) !== (mistakes.length === 0))
    throw new Error(`the compiler ended with ${status}: ${stdout}${stderr}`)
  return mistakes
}
