/** Whom to log in as, with what and where: from the command line, the environment, and the server on this machine. */
import { readFileSync } from 'node:fs'
import { password as ask, isCancel } from '@clack/prompts'
import { parseJid } from '@rookery/protocol/jid'
import { Failure } from '../failure.ts'
import { findLocalServer } from './local-server.ts'

/** The options that `send` and `watch` share. */
export interface AccountOptions {
  jid?: string
  passwordFile?: string
  service?: string
  ca?: string
  store?: string
  config?: string
  data?: string
}

export interface Account {
  readonly jid: string
  readonly domain: string
  /** Undefined: to be found by the domain. */
  readonly service: string | undefined
  /** Certificates to trust, as PEM; undefined: those that this system trusts. */
  readonly ca: string | undefined
  /** Of the server on this machine. */
  readonly isLocal: boolean
  /** What was given beforehand. */
  readonly password: string | undefined
}

export async function findAccount(options: AccountOptions, environment: NodeJS.ProcessEnv): Promise<Account> {
  const { config, data } = options
  const local = await findLocalServer({
    ...(config === undefined ? {} : { config }),
    ...(data === undefined ? {} : { data }),
  })
  const host = local?.hosts[0]
  // the account that the first start has made
  const jid = options.jid ?? environment['ROOKERY_JID'] ?? (host === undefined ? undefined : `admin@${host}`)
  if (jid === undefined)
    throw new Failure(
      'Which account shall it be? Name one with --jid romeo@example.org, or in the environment as ROOKERY_JID.',
    )
  const parsed = parseJid(jid)
  if (parsed === undefined || parsed.local === '')
    throw new Failure(`${JSON.stringify(jid)} is not the address of an account; one looks like romeo@example.org.`)
  const isLocal = local?.hosts.includes(parsed.domain) === true
  return {
    jid,
    domain: parsed.domain,
    isLocal,
    service: options.service ?? (isLocal ? local?.service : undefined),
    ca: options.ca === undefined ? (isLocal ? local?.certificate(parsed.domain) : undefined) : readPem(options.ca),
    password: givenPassword(options, environment),
  }
}

/** Whom a message is for: `juliet` is on the host of the account, as with `rookery user`. */
export function addressOf(text: string, { domain }: Account): string {
  return /[@.:]/.test(text) || text === domain ? text : `${text}@${domain}`
}

/** Asks on the terminal; on the error output, as the other one may lead into a file. */
export async function askPassword(jid: string): Promise<string> {
  if (process.stdin.isTTY !== true)
    throw new Failure(
      `There is no password for ${jid}. Put it into the environment as ROOKERY_PASSWORD, or name a file with --password-file.`,
    )
  const answer = await ask({ message: `Password for ${jid}`, output: process.stderr })
  if (isCancel(answer) || answer === '') throw new Failure('Without a password there is nothing to log in with.')
  return answer
}

function givenPassword({ passwordFile }: AccountOptions, environment: NodeJS.ProcessEnv): string | undefined {
  if (passwordFile === undefined) return environment['ROOKERY_PASSWORD'] || undefined
  const [line = ''] = readText(passwordFile).split(/\r?\n/)
  if (line === '') throw new Failure(`${passwordFile} has no password in its first line.`)
  return line
}

function readPem(path: string): string {
  const text = readText(path)
  if (!text.includes('-----BEGIN CERTIFICATE-----'))
    throw new Failure(`${path} has no certificate in it. It should be a PEM file, with "BEGIN CERTIFICATE".`)
  return text
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Failure(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`)
  }
}
