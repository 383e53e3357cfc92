/** The runtimes that programs of users run on here: Deno and Bun, which npm brought, and every Node on the PATH. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { env } from 'node:process'
import { createInterface } from 'node:readline'
import { transformSync } from 'esbuild'
import { root, run } from './installed.ts'

export interface Runtime {
  readonly kind: 'deno' | 'bun' | 'node'
  /** e.g. `Deno 2.9.6` */
  readonly name: string
  readonly major: number
  readonly minor: number
  readonly path: string
}

/** The packages of the platforms have the binaries; only that of this platform is installed. */
const binaries = { deno: '@deno/*/deno{,.exe}', bun: '@oven/*/bin/bun{,.exe}' } as const

/** Throws when npm did not bring one of them: that it is missing is a failure. */
export function runtimes(): Runtime[] {
  const brought = (['deno', 'bun'] as const).map((kind) => {
    const [path] = globSync(join('node_modules', binaries[kind]), { cwd: root })
    if (path === undefined) throw new Error(`there is no ${kind} for this platform: run npm ci`)
    return runtimeOf(kind, join(root, path))
  })
  return [...brought, ...nodes()]
}

export function nodes(): Runtime[] {
  const paths = (env['PATH'] ?? '')
    .split(delimiter)
    .map((place) => join(place, 'node'))
    .filter((path) => existsSync(path))
  return [...new Set(paths.map((path) => realpathSync(path)))].map((path) => runtimeOf('node', path))
}

function runtimeOf(kind: Runtime['kind'], path: string): Runtime {
  const [version = '', major, minor] = /(\d+)\.(\d+)\.\d+/.exec(run(path, ['--version'], root)) ?? []
  const name = `${kind === 'node' ? 'Node' : kind === 'deno' ? 'Deno' : 'Bun'} ${version}`
  return { kind, name, major: Number(major), minor: Number(minor), path }
}

/** Puts a program of programs/ into the folder of an application, as JavaScript, which all of them run. */
export function writeProgram(folder: string, name: string): void {
  const text = readFileSync(join(import.meta.dirname, 'programs', `${name}.ts`), 'utf8')
  writeFileSync(join(folder, `${name}.js`), transformSync(text, { loader: 'ts', target: 'node20' }).code)
}

export interface Program {
  readonly runtime: Runtime
  readonly folder: string
  readonly name: string
  readonly args: readonly string[]
  /** A file with the authority that it trusts. */
  readonly ca?: string
  /** What Deno has to allow. */
  readonly permissions: readonly string[]
  /** Called with each line that it prints. */
  onLine?(line: string): void
}

/** How long one may take, in milliseconds; what does not end by itself is a failure. */
const patience = 60_000

/** Runs one until it ends by itself, and gives the lines that it printed. Throws with them when it fails. */
export async function runProgram(program: Program): Promise<string[]> {
  const { runtime, folder, name, args, ca, permissions } = program
  const before = runtime.kind === 'deno' ? ['run', '--no-prompt', '--cached-only', ...permissions] : []
  const child = spawn(runtime.path, [...before, `${name}.js`, ...args], {
    cwd: folder,
    env: {
      ...env,
      ...(ca === undefined ? {} : { NODE_EXTRA_CA_CERTS: ca, DENO_CERT: ca }),
      DENO_DIR: join(folder, 'deno'),
      DENO_NO_UPDATE_CHECK: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: patience,
    killSignal: 'SIGKILL',
  })
  const lines: string[] = []
  let problems = ''
  child.stderr.on('data', (bytes: Buffer) => (problems += bytes))
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line)
    program.onLine?.(line)
  })
  const [code, signal] = await once(child, 'close')
  if (code === 0) return lines
  throw new Error(`${runtime.name} ended with ${signal ?? code}\n${lines.join('\n')}\n${problems}`)
}
