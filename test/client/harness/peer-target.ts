/** Prosody or ejabberd, with everything that a client library talks to, as a process of its own that can be killed. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { installedVersion, type PeerName, preparePeer } from '../../../scripts/peers/peer.ts'
import { quietPorts } from '../../../scripts/peers/quiet-ports.ts'
import { register } from '../../nolost/client/login.ts'
import { ServerProcess } from '../../nolost/targets/server-process.ts'
import { certificateFiles } from './rookery-target.ts'
import type { Target, TargetOptions } from './target.ts'
import { makeTrust } from './trust.ts'

const domain = 'localhost'
const webSocketPath: Readonly<Record<PeerName, string>> = { prosody: '/xmpp-websocket', ejabberd: '/ws' }

export async function startPeerTarget(name: PeerName, options: TargetOptions = {}): Promise<Target> {
  const { trust = makeTrust(), resumeSeconds = 60 } = options
  const [tcp = 0, tls = 0, ws = 0, wss = 0] = await quietPorts(4)
  const names = ['example.test', 'conference.localhost', 'upload.localhost', 'pubsub.localhost']
  const certificate = certificateFiles(trust.issue(domain, { names }))
  const prepared = await preparePeer(name, {
    archive: true,
    services: true,
    resumeSeconds,
    deathSignal: 'KILL',
    certificate: certificate.files,
    ports: { port: tcp, tlsPort: tls, httpPort: ws, httpsPort: wss },
  })
  const outputFile = join(prepared.folder, 'output.log')
  const process = new ServerProcess({ ...prepared, outputFile, host: domain })
  const passwords = new Map<string, string>()
  const make = (username: string, password: string): Promise<void> =>
    register({ port: tcp, host: domain, tls: false }, { username, password })
  const start = async (): Promise<void> => {
    process.launch()
    if (!(await process.ready())) throw new Error(`${name} did not start. It said:\n${process.said}`)
    // ejabberd has young accounts in memory alone: when it was killed they are gone
    for (const [local, password] of passwords) await make(local, password)
  }
  const stop = async (): Promise<void> => {
    await process.signal('SIGTERM')
    rmSync(prepared.folder, { recursive: true, force: true })
    certificate.remove()
  }
  try {
    await start()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    name,
    version: installedVersion(name),
    domain,
    ports: { tcp, tls, ws, wss },
    service: {
      xmpp: `xmpp://127.0.0.1:${tcp}`,
      xmpps: `xmpps://127.0.0.1:${tls}`,
      ws: `ws://${domain}:${ws}${webSocketPath[name]}`,
      wss: `wss://${domain}:${wss}${webSocketPath[name]}`,
    },
    ca: trust.ca,
    async createAccount(local, password = `secret-${local}`) {
      await make(local, password)
      passwords.set(local, password)
      return { jid: `${local}@${domain}`, local, domain, password }
    },
    async restart() {
      await process.signal('SIGTERM')
      await start()
    },
    kill: () => process.signal('SIGKILL'),
    start,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
