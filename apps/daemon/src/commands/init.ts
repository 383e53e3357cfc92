/** `rookery init`: asks a few questions (or takes flags), writes a short configuration, and says which DNS records to add. */
import { writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { cancel, intro, isCancel, outro, text } from '@clack/prompts'
import { parseJid } from '@rookery/protocol/jid'
import { stringify } from 'yaml'
import { defaultFile } from '../config/load.ts'
import { isLocalName, recordsFor } from '../dns-records.ts'
import { Failure } from '../failure.ts'

export interface InitOptions {
  config?: string
  host?: string[]
  data?: string
  certificate?: string
  key?: string
  yes?: boolean
}

interface Answers {
  readonly hosts: readonly string[]
  readonly data: string
  readonly certificate: string | undefined
  readonly key: string | undefined
}

export async function init(options: InitOptions): Promise<number> {
  const file = options.config ?? defaultFile
  if ((options.certificate === undefined) !== (options.key === undefined))
    throw new Failure('A certificate needs its private key: give both --certificate and --key, or neither.')
  const isAsking = options.yes !== true && options.host === undefined && process.stdin.isTTY === true
  const answers = isAsking ? await ask(options) : fromFlags(options)
  for (const host of answers.hosts) {
    const problem = hostProblem(host)
    if (problem !== undefined) throw new Failure(`${JSON.stringify(host)} cannot be a host. ${problem}`)
  }
  write(file, configText(answers))
  process.stdout.write(nextSteps(file, answers))
  return 0
}

/** At most ten lines. */
export function configText({ hosts, data, certificate, key }: Answers): string {
  const lines = [
    '# Rookery. All settings: docs/guide/configuration.md, or: rookery config show',
    `hosts: [${hosts.map(scalar).join(', ')}]`,
    `data: ${scalar(data)} # the database and self-signed certificates; back this folder up`,
  ]
  if (certificate !== undefined && key !== undefined) {
    lines.push('tls:', '  certificates: # read again on SIGHUP')
    lines.push(`    ${scalar(hosts[0]!)}: { certificate: ${scalar(certificate)}, key: ${scalar(key)} }`)
  }
  return `${lines.join('\n')}\n`
}

/** As it must be written inside a flow collection, so quoted when in doubt. */
function scalar(word: string): string {
  return /^[\w./-]+$/.test(word) && /[a-z]/i.test(word) ? stringify(word).trimEnd() : JSON.stringify(word)
}

function fromFlags({ host, data, certificate, key }: InitOptions): Answers {
  return { hosts: host ?? ['localhost'], data: data ?? './data', certificate, key }
}

async function ask(options: InitOptions): Promise<Answers> {
  intro('A configuration for Rookery')
  const host = await question('Which domain should it serve? localhost is for trying it out.', 'localhost', hostProblem)
  const data = options.data ?? (await question('Where should the data be kept?', './data', () => undefined))
  let { certificate, key } = options
  if (certificate === undefined && !isLocalName(host)) {
    const given = await question('Certificate chain (PEM)? Empty: a self-signed one for now.', '', () => undefined)
    if (given !== '') {
      certificate = given
      key = await question('Its private key (PEM)?', resolve(dirname(given), 'privkey.pem'), () => undefined)
    }
  }
  outro('That is all.')
  return { hosts: [host], data, certificate, key }
}

async function question(
  message: string,
  initial: string,
  problem: (answer: string) => string | undefined,
): Promise<string> {
  const answer = await text({
    message,
    placeholder: initial,
    defaultValue: initial,
    validate: (given) => problem(given === undefined || given === '' ? initial : given),
  })
  if (!isCancel(answer)) return answer
  cancel('Nothing was written.')
  throw new Failure('Cancelled.')
}

function hostProblem(host: string): string | undefined {
  const parsed = parseJid(host)
  return parsed?.isDomain === true ? undefined : 'Name a domain, such as example.org.'
}

function write(file: string, content: string): void {
  try {
    writeFileSync(file, content, { flag: 'wx', mode: 0o644 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST')
      throw new Failure(`${file} exists already and is left as it is. Move it away, or name another with --config.`)
    if (code === 'ENOENT') throw new Failure(`The folder of ${file} does not exist. Make it first.`)
    throw new Failure(`${file} cannot be written (${code}). Choose a folder that this user may write to.`)
  }
}

function nextSteps(file: string, { hosts, certificate }: Answers): string {
  const option = file === defaultFile ? '' : ` --config ${file}`
  const lines = [`Wrote ${file}.`, '']
  const remote = hosts.filter((host) => !isLocalName(host))
  if (remote.length > 0) {
    lines.push('Add these records to the DNS, so that clients find the server:', '')
    for (const host of remote) lines.push(...recordsFor(host, { c2s: 5222, tls: 5223 }).map((line) => `  ${line}`))
    lines.push('', 'Let TCP ports 5222, 5223 and 5443 (browsers) through the firewall.', '')
    if (certificate === undefined)
      lines.push('Until tls.certificates names a certificate, clients will warn about a self-signed one.', '')
  }
  lines.push('Next:')
  lines.push(`  rookery check${option}          looks for mistakes here, in the DNS and in certificates`)
  lines.push(`  rookery start${option}          starts the server; the first start makes an account admin@${hosts[0]}`)
  lines.push(`  rookery user add NAME${option}  makes another account`, '')
  return lines.join('\n')
}
