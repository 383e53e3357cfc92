/** Runs one case against one running server: the load generator in a process of its own, on its own core. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { LoadOptions } from '../apps/daemon/src/bench/load-options.ts'
import type { LoadResult } from '../apps/daemon/src/bench/load-result.ts'
import { generatorCore, pinned } from './pinning.ts'
import type { Target } from './target.ts'

const generator = join(import.meta.dirname, '../apps/daemon/src/bench/main.ts')
// Logins have 120 s of their own; the rest is the measured time with room for starting and draining.
const graceMs = 150_000

export interface CaseResult extends LoadResult {
  /** How late the event loop of the server was while it was measured, at the 99th percentile. */
  readonly loopP99Ms?: number | undefined
}

/** Resolves with the generator's figures, and what the server says of itself; rejects with what the generator said when it gave none. */
export async function runCase(target: Target, load: LoadOptions): Promise<CaseResult> {
  const result = await generate(target, load)
  const { measuredFrom: from, measuredSeconds: seconds } = result
  if (from === undefined || seconds === undefined) return result
  return { ...result, loopP99Ms: await target.loopDelay?.(from, from + seconds * 1000) }
}

async function generate(target: Target, load: LoadOptions): Promise<LoadResult> {
  const [program = '', ...args] = pinned(generatorCore, [
    process.execPath,
    generator,
    ...loadArguments(load),
    '--json',
    '--port',
    String(target.port),
    ...target.pids.flatMap((pid) => ['--pid', String(pid)]),
  ])
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: (load.seconds ?? 0) * 1000 + graceMs,
    killSignal: 'SIGKILL',
  })
  let said = ''
  let complaint = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text
  })
  const killWithUs = (): boolean => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  await new Promise((resolve) => child.once('close', resolve))
  process.off('exit', killWithUs)
  const line = said.split('\n').find((text) => text.startsWith('{'))
  if (line === undefined) throw new Error(`the load generator gave no figures: ${complaint.slice(-1000)}`)
  return JSON.parse(line) as LoadResult
}

function loadArguments(load: LoadOptions): string[] {
  const args: string[] = [load.mode]
  const add = (flag: string, value: number | undefined): void => {
    if (value !== undefined) args.push(`--${flag}`, String(value))
  }
  add('users', load.users)
  add('window', load.window)
  add('size', load.size)
  add('secs', load.seconds)
  add('conc', load.concurrency)
  if (load.tls === true) args.push('--tls')
  if (load.bare === true) args.push('--bare')
  return args
}
