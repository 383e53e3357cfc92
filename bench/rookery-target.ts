/** Starts this project's server for a comparison: on loopback, registration open, limits off, PLAIN without TLS, SQLite in the given folder. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'yaml'
import { quietPorts } from '../scripts/peers/quiet-ports.ts'
import { readStreamFeatures } from '../scripts/peers/stream-ready.ts'
import type { LoopAnswer, LoopQuestion } from './loop-delay.ts'
import { pinned, serverCore } from './pinning.ts'
import type { Target } from './target.ts'

const root = join(import.meta.dirname, '..')
const readyMs = 30_000
const stopMs = 10_000
const answerMs = 5000

export interface RookeryOptions {
  /** Default: localhost alone. */
  readonly hosts?: readonly string[]
  /** Default: messages are not archived. */
  readonly archive?: boolean
}

export async function startRookery(folder: string, options: RookeryOptions = {}): Promise<Target> {
  mkdirSync(folder, { recursive: true })
  const [port = 0, tlsPort = 0] = await quietPorts(2)
  const config = join(folder, 'rookery.yaml')
  writeFileSync(config, rookeryConfig(folder, port, tlsPort, options))
  const [program = '', ...args] = pinned(serverCore, [
    process.execPath,
    '--import',
    join(import.meta.dirname, 'loop-delay.ts'),
    join(root, 'apps/daemon/src/main.ts'),
    'start',
    '--config',
    config,
  ])
  const logFile = join(folder, 'output.log')
  const output = openSync(logFile, 'a')
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', output, output, 'ipc'] })
  closeSync(output)
  const killWithUs = (): boolean => child.kill('SIGKILL')
  process.once('exit', killWithUs)
  const stop = async (): Promise<void> => {
    await end(child)
    process.off('exit', killWithUs)
  }
  if (!(await isReady(child, port))) {
    await stop()
    throw new Error(`rookery did not start\n${readFileSync(logFile, 'utf8').slice(-2000)}`)
  }
  const loopDelay = (from: number, to: number): Promise<number | undefined> => askForLoopDelay(child, { from, to })
  return { name: 'rookery', version: version(), port, pids: [child.pid ?? 0], loopDelay, stop }
}

async function askForLoopDelay(child: ChildProcess, question: LoopQuestion): Promise<number | undefined> {
  if (!child.connected) return undefined
  child.send(question)
  const [answer] = (await once(child, 'message', { signal: AbortSignal.timeout(answerMs) })) as [LoopAnswer]
  return answer.p99
}

/** bench/rookery.yaml on other ports, with other data. JSON is YAML. */
function rookeryConfig(folder: string, port: number, tlsPort: number, options: RookeryOptions): string {
  const config = parse(readFileSync(join(root, 'bench/rookery.yaml'), 'utf8')) as Record<string, unknown>
  const features = config['features'] as Record<string, unknown>
  return JSON.stringify({
    ...config,
    features: options.archive === true ? { ...features, archive: true } : features,
    hosts: options.hosts ?? ['localhost'],
    data: join(folder, 'data'),
    listen: { address: '127.0.0.1', c2s: port, tls: tlsPort, http: false, https: false },
  })
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'apps/daemon/package.json'), 'utf8'))
  return String((manifest as { version?: unknown }).version ?? '')
}

async function isReady(child: ChildProcess, port: number): Promise<boolean> {
  const deadline = Date.now() + readyMs
  while (Date.now() < deadline && !hasEnded(child)) {
    if ((await readStreamFeatures(port, 'localhost', 2000)) !== undefined) return true
    await sleep(100)
  }
  return false
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs)
  await ended
  clearTimeout(timer)
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
