/** Our server in the process of the test, in memory, with TLS, WebSocket and the archive. What was stored survives a restart, and a death. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from '@rookery/server'
import { createMemoryStorage } from '@rookery/storage/memory'
import { quietPorts } from '../../../scripts/peers/quiet-ports.ts'
import type { Target, TargetOptions } from './target.ts'
import { makeTrust } from './trust.ts'

const domain = 'localhost'
const address = '127.0.0.1'

export async function startRookery(options: TargetOptions = {}): Promise<Target> {
  const { trust = makeTrust(), resumeSeconds = 60, server: more = {} } = options
  const [tcp = 0, tls = 0, ws = 0, wss = 0] = await quietPorts(4)
  const certificate = certificateFiles(trust.issue(domain))
  const server = await createServer({
    hosts: [domain],
    storage: createMemoryStorage(),
    ...more,
    listen: { address, c2s: tcp, tls, http: ws, httpAddress: address, https: wss },
    tls: { required: false, certificates: { [domain]: certificate.files }, ...more.tls },
    auth: { iterations: 4096, hashes: ['SHA-1', 'SHA-256'], plainWithoutTls: true, ...more.auth },
    management: { resumeSeconds, ...more.management },
    features: { register: { open: true }, ...more.features },
    limits: { bytesPerSecond: 0, authFailuresPerAddress: 0, registrationsPerHour: 0, ...more.limits },
  })
  const sockets = new OwnSockets([tcp, tls, ws, wss])
  await server.start()
  const stop = async (): Promise<void> => {
    await server.stop()
    sockets.forget()
    certificate.remove()
  }
  return {
    name: 'rookery',
    version: versionOf(),
    domain,
    ports: { tcp, tls, ws, wss },
    service: {
      xmpp: `xmpp://${address}:${tcp}`,
      xmpps: `xmpps://${address}:${tls}`,
      ws: `ws://${domain}:${ws}/xmpp-websocket`,
      wss: `wss://${domain}:${wss}/xmpp-websocket`,
    },
    ca: trust.ca,
    async createAccount(local, password = `secret-${local}`) {
      if (!(await server.accounts(domain).create(local, password)))
        throw new Error(`there is an account ${local} already`)
      return { jid: `${local}@${domain}`, local, domain, password }
    },
    async restart() {
      await server.stop()
      await server.start()
    },
    async kill() {
      sockets.reset()
      await server.stop()
    },
    start: () => server.start(),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** The server's ends of its connections, so that it can be made to vanish: it says goodbye when it is stopped. */
class OwnSockets {
  readonly #ports: readonly number[]
  readonly #sockets = new Set<Socket>()
  readonly #notice = (message: unknown): void => {
    const { socket } = message as { socket: Socket }
    if (!this.#ports.includes(socket.localPort ?? 0)) return
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  constructor(ports: readonly number[]) {
    this.#ports = ports
    subscribe('net.server.socket', this.#notice)
  }

  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  forget(): void {
    unsubscribe('net.server.socket', this.#notice)
  }
}

/** The server reads files. */
export function certificateFiles(made: { certificate: string; key: string }): {
  files: { certificate: string; key: string }
  remove: () => void
} {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-target-'))
  const files = { certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') }
  writeFileSync(files.certificate, made.certificate)
  writeFileSync(files.key, made.key)
  return { files, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

function versionOf(): string {
  const file = join(import.meta.dirname, '../../../packages/server/package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
