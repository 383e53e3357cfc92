/**
 * Starts another XMPP server (Prosody, ejabberd, as packaged by Debian) on loopback, to check scenarios against and to compare loads with.
 * In-band registration is open, limits are off, PLAIN is allowed without TLS, STARTTLS is offered: never let a stranger reach it.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type CertificateFiles, makeCertificate } from './certificate.ts'
import { quietPorts } from './quiet-ports.ts'
import { readStreamFeatures } from './stream-ready.ts'

export type PeerName = 'prosody' | 'ejabberd'

export const peerNames: readonly PeerName[] = ['prosody', 'ejabberd']

export interface PeerPorts {
  /** Plain TCP with STARTTLS. */
  readonly port: number
  /** Direct TLS (XEP-0368). */
  readonly tlsPort: number
  /** BOSH under /bosh; WebSocket under /ws (ejabberd) or /xmpp-websocket (Prosody). */
  readonly httpPort: number
  /** The same with TLS. */
  readonly httpsPort: number
}

export interface PeerOptions {
  /** Chosen among the free ones when absent. */
  readonly ports?: Partial<PeerPorts>
  /** The one CPU core the server may use; absent: all of them. */
  readonly cpu?: number
  /** Where the server keeps everything; absent: a temporary folder, removed at the end. */
  readonly folder?: string
  /** Keep a message archive (XEP-0313); off by default. Without a bound on its size; ejabberd's in SQLite where Debian's erlang-p1-sqlite3 is installed, else in Mnesia. */
  readonly archive?: boolean
  /**
   * What else a client library talks to: rooms with archives, upload.localhost, pubsub.localhost, external services, commands of admin@localhost,
   * tokens (ejabberd), invitations (Prosody). Off by default.
   */
  readonly services?: boolean
  /** How long a session can be resumed, in seconds; absent: as the server likes. */
  readonly resumeSeconds?: number
  /** How passwords are stored; 'plain' by default: every SCRAM mechanism is offered. 'scram' is what a real installation does. */
  readonly passwords?: 'plain' | 'scram'
  /** What it gets when this process dies; TERM by default. */
  readonly deathSignal?: 'TERM' | 'KILL'
  /** 'warn' by default. */
  readonly log?: 'warn' | 'debug'
  /** Made afresh (EC P-256) when absent. */
  readonly certificate?: CertificateFiles
}

export interface Peer extends PeerPorts {
  readonly name: PeerName
  /** The version of the Debian package. */
  readonly version: string
  /** The host to name in streams and JIDs; example.test is served too, rooms are at conference.localhost. */
  readonly host: 'localhost'
  readonly hosts: readonly string[]
  /** The process that does the work: for its CPU time and memory. */
  readonly pid: number
  readonly folder: string
  readonly logFile: string
  readonly certificate: CertificateFiles
  /** Ends the process and removes a temporary folder. May be called twice. */
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const hosts: readonly string[] = ['localhost', 'example.test']
const readyWithin = 60_000
const stopWithin = 15_000

const isCommand = (name: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, name)))

const ejabberdCode = (): string[] =>
  globSync('/usr/lib/*/ejabberd-*/ebin').filter((folder) => existsSync(join(folder, 'ejabberd_c2s.beam')))

export const isInstalled = (name: PeerName): boolean =>
  name === 'prosody' ? isCommand('prosody') : isCommand('erl') && ejabberdCode().length > 0

/** The version of the Debian package; empty when it was installed in another way. */
export const installedVersion = (name: PeerName): string => {
  try {
    return execFileSync('dpkg-query', ['-W', '-f', '$' + '{Version}', name], { encoding: 'utf8', stdio: 'pipe' })
  } catch {
    return ''
  }
}

type Words = Readonly<Record<string, string>>

const fillIn = (template: string, words: Words): string =>
  template.replaceAll(/@([A-Z_]+)@/g, (_, word: string) => {
    const value = words[word]
    if (value === undefined) throw new Error(`no value for @${word}@ in the peer's configuration`)
    return value
  })

interface Recipe {
  readonly template: string
  readonly words: (options: PeerOptions) => Words
  readonly command: (folder: string, config: string) => readonly string[]
  readonly environment: (folder: string) => Readonly<Record<string, string>>
}

/** What is added to the template; it may hold words itself. */
const services = (template: string, are: boolean | undefined): string =>
  are === true ? readFileSync(join(import.meta.dirname, template), 'utf8').trimEnd() : ''

const prosodyModules = [
  'admin_adhoc',
  'external_services',
  'http_altconnect',
  'invites',
  'invites_adhoc',
  'invites_register',
]
const prosodyGlobals = `admins = { "admin@localhost" }
registration_invite_only = false
allow_user_invites = true
http_default_host = "localhost"
external_service_secret = "secret"
external_services = {
  { type = "stun", transport = "udp", host = "127.0.0.1", port = 3478 },
  { type = "turn", transport = "udp", host = "127.0.0.1", port = 3478, secret = true, algorithm = "turn" }
}`

const prosody: Recipe = {
  template: 'prosody.cfg.lua.in',
  words: ({ archive, passwords, log, services: are, resumeSeconds }) => ({
    MORE_MODULES: are === true ? prosodyModules.map((name) => `, "${name}"`).join('') : '',
    GLOBAL: are === true ? prosodyGlobals : '',
    COMPONENTS: services('prosody-services.cfg.lua.in', are),
    RESUMPTION: resumeSeconds === undefined ? '' : `smacks_hibernation_time = ${resumeSeconds}`,
    LOG_LEVEL: log ?? 'warn',
    ARCHIVE: archive ? 'mam' : 'ping',
    PASSWORDS: passwords === 'scram' ? 'internal_hashed' : 'internal_plain',
  }),
  command: (_, config) => ['prosody', '-F', '--config', config],
  environment: () => ({}),
}

// No node name: without one Erlang starts no epmd and listens on no port of its own.
const ejabberd: Recipe = {
  template: 'ejabberd.yml.in',
  words: ({ archive, passwords, log, services: are, resumeSeconds }) => ({
    MORE_HANDLERS:
      are === true
        ? ', /upload: mod_http_upload, /.well-known/host-meta: mod_host_meta, /.well-known/host-meta.json: mod_host_meta'
        : '',
    ROOM_OPTIONS: are === true ? ', mam: true' : '',
    SERVICES: services('ejabberd-services.yml.in', are),
    RESUMPTION:
      resumeSeconds === undefined ? '' : `resume_timeout: ${resumeSeconds}, max_resume_timeout: ${resumeSeconds}`,
    LOG_LEVEL: log === 'debug' ? 'debug' : 'warning',
    ARCHIVE: archive
      ? `mod_mam: { default: always, db_type: ${hasErlangSqlite() ? 'sql' : 'mnesia'} }`
      : '# no message archive',
    SQL: archive && hasErlangSqlite() ? 'sql_type: sqlite' : '# no SQL',
    PASSWORDS: passwords ?? 'plain',
  }),
  command: (folder, config) => [
    'erl',
    ...['-noinput', '+K', 'true', '+P', '2000000', '+Q', '200000'],
    ...['-mnesia', 'dir', `"${folder}/data"`],
    ...['-ejabberd', 'config', `"${config}"`, 'log_path', `"${folder}/server.log"`],
    ...ejabberdCode().flatMap((code) => ['-pa', code]),
    ...['-s', 'ejabberd'],
  ],
  environment: (folder) => ({ HOME: folder, ERL_CRASH_DUMP_SECONDS: '0' }),
}

/** Debian's package of the driver; without it ejabberd keeps archives in Mnesia, where a table ends at 2 GB. */
const hasErlangSqlite = (): boolean => globSync('/usr/lib/erlang/lib/p1_sqlite3-*/ebin/sqlite3.beam').length > 0

const recipes: Readonly<Record<PeerName, Recipe>> = { prosody, ejabberd }

/** The server dies with us (by a signal that it may have time to obey, or not), may open as many files as the machine allows, and stays on its core. */
const wrapped = (command: readonly string[], { cpu, deathSignal = 'TERM' }: PeerOptions): string[] => {
  const pinned = cpu === undefined ? command : ['taskset', '-c', String(cpu), ...command]
  return ['setpriv', '--pdeathsig', deathSignal, 'sh', '-c', 'ulimit -n "$(ulimit -Hn)"; exec "$@"', 'sh', ...pinned]
}

const choosePorts = async (wanted: Partial<PeerPorts> = {}): Promise<PeerPorts> => {
  const [port = 0, tlsPort = 0, httpPort = 0, httpsPort = 0] = await quietPorts(4)
  return { port, tlsPort, httpPort, httpsPort, ...wanted }
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

const end = async (child: ChildProcess): Promise<void> => {
  if (hasEnded(child)) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), stopWithin)
  await ended
  clearTimeout(timer)
}

const tailOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8').slice(-2000).trim() : '')

const waitUntilReady = async (child: ChildProcess, port: number): Promise<void> => {
  const deadline = Date.now() + readyWithin
  for (;;) {
    if (hasEnded(child)) throw new Error(`it ended with ${child.exitCode ?? child.signalCode} before it was ready`)
    if ((await readStreamFeatures(port, 'localhost', 2000)) !== undefined) return
    if (Date.now() > deadline) throw new Error(`it offered no stream features within ${readyWithin / 1000} s`)
    await sleep(100)
  }
}

/** A peer that is configured and not started: for those who start, kill and restart it on the same data themselves. */
export interface PreparedPeer extends PeerPorts {
  readonly folder: string
  readonly logFile: string
  readonly certificate: CertificateFiles
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

export const preparePeer = async (name: PeerName, options: PeerOptions = {}): Promise<PreparedPeer> => {
  if (!isInstalled(name)) throw new Error(`${name} is not installed: run .ci/install`)
  const recipe = recipes[name]
  const folder = resolve(options.folder ?? mkdtempSync(join(tmpdir(), `rookery-${name}-`)))
  mkdirSync(join(folder, 'data'), { recursive: true })
  const certificate = options.certificate ?? makeCertificate(folder, [...hosts, 'conference.localhost'])
  const ports = await choosePorts(options.ports)

  const config = join(folder, basename(recipe.template, '.in'))
  const words: Words = {
    ...recipe.words(options),
    FOLDER: folder,
    KEY: resolve(certificate.key),
    CERTIFICATE: resolve(certificate.certificate),
    PORT: String(ports.port),
    TLS_PORT: String(ports.tlsPort),
    HTTP_PORT: String(ports.httpPort),
    HTTPS_PORT: String(ports.httpsPort),
  }
  const template = readFileSync(join(import.meta.dirname, recipe.template), 'utf8')
  writeFileSync(config, fillIn(fillIn(template, words), words))
  return {
    ...ports,
    folder,
    logFile: join(folder, 'server.log'),
    certificate,
    command: wrapped(recipe.command(folder, config), options),
    environment: recipe.environment(folder),
  }
}

export const startPeer = async (name: PeerName, options: PeerOptions = {}): Promise<Peer> => {
  const { command, environment, ...prepared } = await preparePeer(name, options)
  const { folder, logFile } = prepared
  const outputFile = join(folder, 'output.log')
  const [program = '', ...parameters] = command
  const output = openSync(outputFile, 'a')
  const child = spawn(program, parameters, {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  const stop = async (): Promise<void> => {
    await end(child)
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true })
  }

  try {
    await waitUntilReady(child, prepared.port)
  } catch (cause) {
    const said = [tailOf(outputFile), tailOf(logFile)].filter((text) => text !== '').join('\n')
    await stop()
    throw new Error(`${name} did not start. It said:\n${said}`, { cause })
  }
  return {
    name,
    version: installedVersion(name),
    host: 'localhost',
    hosts,
    ...prepared,
    pid: child.pid ?? 0,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
