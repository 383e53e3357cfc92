/** This project's server: the `rookery` command with SQLite, archive and stream management on, registration open and rates unlimited. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { quietPorts } from '../../../scripts/peers/quiet-ports.ts'
import { ServerProcess } from './server-process.ts'
import { folderBytes } from './sizes.ts'
import type { Target } from './target.ts'
import { tearLog } from './wal.ts'

const root = join(import.meta.dirname, '../../..')
const program = join(root, 'apps/daemon/src/main.ts')
/** A second process notices within half a second that the folder is in use. */
const refuseWithin = 15_000

export async function rookeryTarget(folder: string, outputFolder: string, archive: boolean): Promise<Target> {
  const data = join(folder, 'data')
  mkdirSync(data, { recursive: true })
  const [port = 0, tls = 0, secondPort = 0, secondTls = 0] = await quietPorts(4)
  const configure = (name: string, c2s: number, tlsPort: number): string => {
    const file = join(outputFolder, name)
    writeFileSync(file, JSON.stringify(configuration(data, c2s, tlsPort, archive)))
    return file
  }
  const start = (config: string): string[] => [execPath, program, 'start', '--config', config]
  const server = new ServerProcess({
    command: ['setpriv', '--pdeathsig', 'KILL', ...start(configure('rookery.yaml', port, tls))],
    environment: {},
    folder: root,
    outputFile: join(outputFolder, 'server-output.log'),
    port,
    host: 'localhost',
  })
  const second = configure('second.yaml', secondPort, secondTls)
  const log = join(data, 'rookery.db-wal')
  return {
    name: 'rookery',
    version: version(),
    host: 'localhost',
    port,
    process: server,
    dataBytes: () => folderBytes(data),
    tear: (random) => (existsSync(log) ? tearLog(log, random) : 'there is no log'),
    startSecond: () => refused(start(second)),
  }
}

/** JSON is YAML. */
function configuration(data: string, c2s: number, tls: number, archive: boolean): Record<string, unknown> {
  return {
    hosts: ['localhost'],
    data,
    listen: { address: '127.0.0.1', c2s, tls, http: false, https: false },
    tls: { required: false },
    auth: { plainWithoutTls: true },
    features: { register: { open: true }, ...(archive ? {} : { archive: false }) },
    limits: {
      bytesPerSecond: 0,
      connectionsPerAddress: 0,
      preAuthConnectionsPerAddress: 0,
      authFailuresPerAddress: 0,
      registrationsPerHour: 0,
      offlineMessages: 0,
      offlineBytes: 0,
    },
    log: { level: 'info', format: 'json' },
  }
}

/** A second process on the same data must end by itself, with an error. */
function refused(command: readonly string[]): Promise<string | undefined> {
  const [file = '', ...parameters] = ['setpriv', '--pdeathsig', 'KILL', ...command]
  const child = spawn(file, parameters, { cwd: root, stdio: 'ignore' })
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      resolve('a second process on the same data goes on')
    }, refuseWithin)
    child.once('exit', (code, signal) => {
      clearTimeout(timer)
      if (signal === null) resolve(code === 0 ? 'a second process on the same data ended without an error' : undefined)
    })
  })
}

function version(): string {
  const manifest = JSON.parse(readFileSync(join(root, 'apps/daemon/package.json'), 'utf8')) as { version?: string }
  return manifest.version ?? ''
}
