/** What `rookery start` says when it is ready: a few lines for people on a terminal, log lines for programs. */
import type { CertificateInfo, Endpoint, Server } from '@rookery/server'
import type { LoadedConfig } from './config/load.ts'
import type { FirstAccount } from './first-account.ts'
import { certificatesFolder } from './kept-certificates.ts'
import type { DaemonLog } from './log/log.ts'
import { version } from './version.ts'

export interface StartFacts {
  readonly loaded: LoadedConfig
  readonly server: Server
  readonly log: DaemonLog
  readonly first: FirstAccount | undefined
}

export function report(facts: StartFacts): void {
  if (facts.log.isPretty) process.stdout.write(`${forPeople(facts)}\n`)
  else forPrograms(facts)
  warn(facts)
}

function forPeople({ loaded, server, first }: StartFacts): string {
  const rows: [string, string][] = [
    ['Clients', where(server, 'c2s', 'STARTTLS')],
    ['Clients', where(server, 'tls', 'TLS from the first byte')],
    ['Browsers', where(server, 'https', `TLS: ${paths(server)}`)],
    ['Browsers', where(server, 'http', 'this machine, or behind a proxy')],
    ...server.certificates.map((info): [string, string] => ['Certificate', certificateText(info, loaded.config.data)]),
    ['Data', loaded.config.data],
    ['Config', loaded.file ?? 'none, these are the defaults ("rookery init" makes one)'],
  ]
  const lines = ['', `Rookery ${version} serves ${server.config.hosts.join(', ')}`, '']
  for (const [name, text] of rows) if (text !== '') lines.push(`  ${name.padEnd(12)} ${text}`)
  if (first !== undefined) lines.push('', ...introduction(first, server))
  lines.push('', '  Ctrl-C stops it.', '')
  return lines.join('\n')
}

function introduction({ jid, password }: FirstAccount, server: Server): string[] {
  const port = server.endpoints.find((endpoint) => endpoint.kind === 'c2s')?.port
  const host = jid.slice(jid.indexOf('@') + 1)
  const isLocal = host === 'localhost'
  return [
    '  This is the first start, so there is an account for you:',
    '',
    `    Address    ${jid}`,
    `    Password   ${password}     (shown only this once)`,
    '',
    '  Type these two into any XMPP client: Gajim, Dino, Psi, Conversations, profanity, ...',
    `  ${isLocal ? 'If it asks for a server: localhost' : `If it does not find the server: ${host}`}${port === undefined ? '' : `, port ${port}`}.`,
    '  The certificate is self-signed: the client will ask whether to trust it.',
    '',
    '  Somebody to talk to:     npm run rookery -- user add juliet',
    `  Another password:        npm run rookery -- user passwd ${jid}`,
  ]
}

function forPrograms({ server, log, first, loaded }: StartFacts): void {
  // on purpose past the log, which redacts passwords: nobody could learn it otherwise
  if (first !== undefined) {
    const entry = { level: 'info', time: new Date().toISOString(), event: 'first-account', account: first.jid }
    process.stdout.write(
      `${JSON.stringify({ ...entry, password: first.password, msg: 'made an account; its password is shown only this once' })}\n`,
    )
  }
  for (const info of server.certificates) {
    log.info(
      {
        event: 'certificate',
        host: info.host,
        issuer: info.issuer,
        isSelfSigned: info.isSelfSigned,
        validTo: info.validTo,
      },
      'certificate',
    )
  }
  for (const { kind, address, port } of server.endpoints)
    log.info({ event: 'listening', kind, address, port }, 'listening')
  log.info(
    {
      event: 'ready',
      version,
      hosts: server.config.hosts,
      data: loaded.config.data,
      config: loaded.file ?? 'defaults',
    },
    'ready',
  )
}

/** Settings that are allowed and should not be forgotten. [S139] */
function warn({ loaded: { config }, log, server }: StartFacts): void {
  if (config.auth.plainWithoutTls)
    log.warn({ setting: 'auth.plainWithoutTls' }, 'passwords may be sent unencrypted: for tests on this machine only')
  else if (!config.tls.required)
    log.warn({ setting: 'tls.required' }, 'clients may log in without TLS: what they write can be read on the network')
  const soon = Date.now() + 14 * 86_400_000
  for (const { host, validTo, isSelfSigned } of server.certificates) {
    if (validTo.getTime() < soon) log.warn({ host, validTo }, 'the certificate has expired, or will within two weeks')
    if (isSelfSigned && host !== 'localhost' && !host.endsWith('.localhost'))
      log.warn({ host }, 'self-signed certificate: clients will warn; name a certificate under tls.certificates')
  }
}

/** What is found there. */
function paths({ config: { http } }: Server): string {
  const found = [http.websocketPath, http.boshPath].filter((path) => path !== false)
  return found.length === 0 ? 'discovery alone' : found.join(', ')
}

function where(server: Server, kind: Endpoint['kind'], text: string): string {
  const found = server.endpoints.filter((endpoint) => endpoint.kind === kind)
  if (found.length === 0) return ''
  const names = found.map(({ address, port }) => `${address.includes(':') ? `[${address}]` : address}:${port}`)
  return `${names.join(', ')} (${text})`
}

function certificateText({ host, isSelfSigned, issuer, validTo }: CertificateInfo, data: string): string {
  const until = validTo.toISOString().slice(0, 10)
  return isSelfSigned
    ? `${host}: self-signed, kept in ${certificatesFolder(data)}`
    : `${host}: by ${issuer.replaceAll('\n', ', ')}, until ${until}`
}
