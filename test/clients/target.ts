/**
 * The server the clients are tried on, with throw-away accounts: Rookery's daemon, or a well-known one (ROOKERY_CLIENT_TARGET=prosody|ejabberd)
 * to check the tests themselves. Everything that depends on the daemon's command line, configuration and log is in this file.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { peerNames, startPeer } from '../../scripts/peers/peer.ts'
import { quietPorts } from '../../scripts/peers/quiet-ports.ts'
import { readStreamFeatures } from '../../scripts/peers/stream-ready.ts'
import { RawClient } from '../attacks/harness/client.ts'
import { Program } from './program.ts'
import { register } from './register.ts'
import type { Account, Connection, Login } from './stock-client.ts'
import { until } from './until.ts'

export interface Target extends Connection {
  readonly name: string
  /** An account nobody had before. */
  takeAccount(): Promise<Account>
  /** How this account logged in so far, by the server's own log; empty where the server does not log it. */
  loginsOf(jid: string): Promise<readonly Login[]>
  /** Ends it and starts it on the same data and ports; absent where these tests do not start it themselves. */
  readonly restart?: (signal: 'SIGTERM' | 'SIGKILL') => Promise<void>
  stop(): Promise<void>
}

const execute = promisify(execFile)
const host = 'localhost'
const names: readonly string[] = ['romeo', 'juliet', 'benvolio', 'nurse', 'mercutio', 'tybalt', 'paris', 'rosaline']

/** Hands out accounts that are made when somebody wants them. */
const taker = (make: (account: Account) => Promise<unknown>): (() => Promise<Account>) => {
  const free = [...names]
  return async () => {
    const name = free.shift()
    if (name === undefined) throw new Error(`this target has only ${names.length} accounts`)
    const account: Account = { jid: `${name}@${host}`, password: `secret of ${name}` }
    await make(account)
    return account
  }
}

/** The certificate the server shows on STARTTLS, as a PEM file for the clients to trust. */
export const fetchCertificate = async (port: number, folder: string): Promise<string> => {
  const client = await RawClient.connect({ port })
  await client.open(host)
  await client.startTls({ servername: host })
  const certificate = client.tls?.getPeerX509Certificate()
  client.close()
  if (certificate === undefined) throw new Error(`nobody shows a certificate at port ${port}`)
  const file = join(folder, 'server.pem')
  writeFileSync(file, certificate.toString())
  return file
}

const startPeerTarget = async (name: (typeof peerNames)[number]): Promise<Target> => {
  const peer = await startPeer(name, { archive: true })
  return {
    name: `${peer.name} ${peer.version}`,
    port: peer.port,
    certificate: await fetchCertificate(peer.port, peer.folder),
    rosterPushesHaveFrom: name !== 'prosody',
    hostListsArchive: name !== 'prosody',
    takeAccount: taker((account) => register(peer, account)),
    loginsOf: async () => [],
    stop: peer.stop,
  }
}

const daemon = join(import.meta.dirname, '../../apps/daemon/src/main.ts')

/** The other host is there to be found among the items of this one: profanity 0.15 waits with the archive until an item has told what it offers. */
const configOf = (
  folder: string,
  [port, tlsPort, webPort]: readonly number[],
): string => `hosts: [${host}, other.${host}]
data: ${folder}/data
listen: { address: 127.0.0.1, c2s: ${port}, tls: ${tlsPort}, http: false, https: ${webPort} }
log: { level: info, format: json }
features: { disco: { items: [{ jid: other.${host} }] } }
`

/** The logins of an account in the daemon's log: one JSON object a line, one such line an authentication. */
const loginsIn = (log: string, jid: string): Login[] =>
  log.split('\n').flatMap((line) => {
    if (!line.startsWith('{') || !line.includes('"event":"login"')) return []
    const entry: unknown = JSON.parse(line)
    if (typeof entry !== 'object' || entry === null || !('mechanism' in entry) || !('tls' in entry)) return []
    const isTheirs = 'account' in entry && entry.account === jid
    return isTheirs ? [{ mechanism: String(entry.mechanism), tls: entry.tls !== 'none' }] : []
  })

const startRookery = async (): Promise<Target> => {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-clients-'))
  const ports = await quietPorts(3)
  const [port = 0, , webPort] = ports
  const config = join(folder, 'rookery.yaml')
  writeFileSync(config, configOf(folder, ports))
  const addUser = ({ jid, password }: Account): Promise<unknown> =>
    execute(process.execPath, [daemon, 'user', 'add', jid, '--password', password, '--config', config], {
      timeout: 30_000,
    })

  const run = (): Program => new Program(process.execPath, [daemon, 'start', '--config', config], { folder })
  const programs = [run()]
  const output = (): string => programs.map((program) => program.output).join('')
  const end = (signal: NodeJS.Signals): Promise<unknown> => Promise.all(programs.map((program) => program.end(signal)))
  const stop = async (): Promise<void> => {
    await end('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  }
  const ready = async (): Promise<void> => {
    const answers = async (): Promise<true | undefined> => {
      if (programs.at(-1)?.hasEnded) throw new Error(`the daemon ended:\n${output()}`)
      return (await readStreamFeatures(port, host, 1000)) === undefined ? undefined : true
    }
    await until('the daemon to offer stream features', answers, { evidence: output, within: 60_000 })
  }
  try {
    await ready()
    return {
      name: 'rookery',
      port,
      webSocket: `wss://${host}:${webPort}/xmpp-websocket`,
      certificate: await fetchCertificate(port, folder),
      rosterPushesHaveFrom: true,
      hostListsArchive: true,
      takeAccount: taker(addUser),
      loginsOf: (jid) =>
        until(`the daemon to log an authentication of ${jid}`, () => {
          const logins = loginsIn(output(), jid)
          return logins.length > 0 ? logins : undefined
        }),
      restart: async (signal) => {
        await end(signal)
        programs.push(run())
        await ready()
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

export const startTarget = (): Promise<Target> => {
  const wanted = process.env['ROOKERY_CLIENT_TARGET'] ?? 'rookery'
  if (wanted === 'rookery') return startRookery()
  const peer = peerNames.find((name) => name === wanted)
  if (peer === undefined) throw new Error(`ROOKERY_CLIENT_TARGET=${wanted}: rookery, ${peerNames.join(' or ')}?`)
  return startPeerTarget(peer)
}
