/** What a load run can be told: modes, options, their defaults, and the rule that only loopback is loaded without asking. Not the command line. */
import { isIPv4 } from 'node:net'

export const loadModes = ['register', 'login', 'idle', 'chat', 'ping'] as const

/**
 * - `register` creates the accounts by in-band registration (XEP-0077)
 * - `login` logs every user in (SASL PLAIN, bind, initial presence) and reports logins per second
 * - `idle` logs every user in and holds still for `seconds`; reports memory per session
 * - `chat` lets pairs of users exchange chat messages, `window` in flight each
 * - `ping` lets every user ping the server (XEP-0199), `window` in flight each
 */
export type LoadMode = (typeof loadModes)[number]

export interface LoadOptions {
  readonly mode: LoadMode
  /** Address to connect to. Default 127.0.0.1. */
  readonly host?: string
  /** Default 5222. */
  readonly port?: number
  /** The XMPP domain that the users belong to. Default localhost. */
  readonly domain?: string
  /** How many users log in. Default 100. */
  readonly users?: number
  /** Number of the first user; users are called `prefix` + number. Default 0. */
  readonly first?: number
  /** Default u. */
  readonly prefix?: string
  /** One password for all of them. Default pass. */
  readonly password?: string
  /** Measured time in seconds, after a warm-up of a quarter of it (at most 3 s). Default 10. */
  readonly seconds?: number
  /** Stanzas in flight per user. Default 1. */
  readonly window?: number
  /** Length of the padding in a message body, in bytes. Default 64. */
  readonly size?: number
  /** Logins under way at once. Default 50. */
  readonly concurrency?: number
  /** STARTTLS before anything else; the certificate is not checked. Default false. */
  readonly tls?: boolean
  /** Address bare JIDs instead of full ones. Default false. */
  readonly bare?: boolean
  /** Processes of the server, for its CPU time and memory (read from /proc, Linux only). */
  readonly pids?: readonly number[]
  /** Logging all users in may take this long, in seconds. Default 120. */
  readonly loginSeconds?: number
  /** Seconds between the last login and the first stanza, in which presence dies down. Default 1.5. */
  readonly settleSeconds?: number
  /** The server is the user's own, load it although it is not on this machine. Default false. */
  readonly ownServer?: boolean
}

/** All options filled in. */
export type LoadPlan = Required<LoadOptions>

/** The run was refused or makes no sense as asked; the message says what to change. */
export class LoadError extends Error {
  override readonly name = 'LoadError'
}

/** Fills in the defaults and refuses what cannot or must not be run. Throws {@link LoadError}. */
export function planLoad(options: LoadOptions): LoadPlan {
  const plan: LoadPlan = {
    mode: options.mode,
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 5222,
    domain: options.domain ?? 'localhost',
    users: options.users ?? 100,
    first: options.first ?? 0,
    prefix: options.prefix ?? 'u',
    password: options.password ?? 'pass',
    seconds: options.seconds ?? 10,
    window: options.window ?? 1,
    size: options.size ?? 64,
    concurrency: options.concurrency ?? 50,
    tls: options.tls ?? false,
    bare: options.bare ?? false,
    pids: options.pids ?? [],
    loginSeconds: options.loginSeconds ?? 120,
    settleSeconds: options.settleSeconds ?? 1.5,
    ownServer: options.ownServer ?? false,
  }
  if (!plan.ownServer && !isLoopback(plan.host)) {
    throw new LoadError(
      `${plan.host} is not this machine. Load on a server that is not yours is an attack, so only 127.x.x.x, ::1 and localhost ` +
        'are loaded without asking. If the server is your own, add --i-own-this-server.',
    )
  }
  atLeast('users', plan.users, plan.mode === 'chat' ? 2 : 1)
  if (plan.mode === 'chat' && plan.users % 2 === 1)
    throw new LoadError('chat runs in pairs: give an even number of --users.')
  atLeast('window', plan.window, 1)
  atLeast('conc', plan.concurrency, 1)
  atLeast('size', plan.size, 0)
  atLeast('first', plan.first, 0)
  if (!(plan.seconds > 0)) throw new LoadError('--secs must be more than 0.')
  if (!(plan.port > 0 && plan.port < 65536)) throw new LoadError('--port must be between 1 and 65535.')
  return plan
}

/** True for 127.0.0.0/8, ::1 and localhost. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}

function atLeast(option: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw new LoadError(`--${option} must be a whole number of at least ${least}.`)
}
