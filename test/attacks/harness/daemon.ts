/** The `rookery` command as a process, on ports that stay the same over restarts. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { quietPorts } from '../../../scripts/peers/quiet-ports.ts'
import { RawClient } from './client.ts'

const rookery = fileURLToPath(new URL('../../../apps/daemon/src/main.ts', import.meta.url))

export class Daemon implements AsyncDisposable {
  readonly port: number
  readonly isSecure = false
  readonly #folder: string
  readonly #config: string
  #child: ChildProcess | undefined
  output = ''

  private constructor(port: number, folder: string, settings: string) {
    this.port = port
    this.#folder = folder
    this.#config = join(folder, 'rookery.yaml')
    writeFileSync(this.#config, settings)
  }

  /** `settings`: YAML beside hosts, listen and data. */
  static async make(settings: string): Promise<Daemon> {
    const [port = 0, tls = 0] = await quietPorts(2)
    const folder = mkdtempSync(join(tmpdir(), 'rookery-attack-'))
    const listen = `{ address: 127.0.0.1, c2s: ${port}, tls: ${tls}, http: false, https: false }`
    const common = `hosts: [a.example]\nlisten: ${listen}\ndata: ${join(folder, 'data')}\n`
    return new Daemon(port, folder, common + settings)
  }

  /** Milliseconds until it took connections. */
  async start(): Promise<number> {
    const begun = performance.now()
    const child = spawn(execPath, [rookery, 'start', '--config', this.#config], {
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...env, NO_COLOR: '1' },
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output = (this.output + text).slice(-20_000)
      })
    for (;;) {
      const client = await RawClient.connect({ port: this.port }).catch(() => undefined)
      if (client !== undefined) {
        client.close()
        return performance.now() - begun
      }
      if (child.exitCode !== null) throw new Error(`the daemon has ended: ${this.output}`)
      if (performance.now() - begun > 60_000) throw new Error(`the daemon does not listen: ${this.output}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  /** Milliseconds until it was gone. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return 0
    const begun = performance.now()
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
    return performance.now() - begun
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
