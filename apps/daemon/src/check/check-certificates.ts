/** Is there a certificate for each host, does it name the host, does the key fit, does the chain hang together, until when? */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { DaemonConfig } from '../config/schema.ts'
import { isLocalName } from '../dns-records.ts'
import type { Finding } from './finding.ts'

const day = 86_400_000

export function checkCertificates(config: DaemonConfig, now: number = Date.now()): Finding[] {
  const authorities = config.tls.clientAuthorities.flatMap(checkAuthority)
  const ofHosts = config.hosts.flatMap((host): Finding[] => {
    const files = Object.hasOwn(config.tls.certificates, host) ? config.tls.certificates[host] : undefined
    if (files !== undefined) return checkPair(host, files, now)
    return isLocalName(host)
      ? [{ area: 'certificate', level: 'ok', text: `${host}: self-signed, made at the first start.` }]
      : [
          {
            area: 'certificate',
            level: 'warning',
            text: `${host} has no certificate; a self-signed one is made, and clients will warn.`,
            fix: `Get one (with certbot, say) and name it under tls.certificates."${host}".`,
          },
        ]
  })
  return [...ofHosts, ...authorities]
}

function checkAuthority(path: string): Finding[] {
  const error = (text: string, fix: string): Finding[] => [
    { area: 'certificate', level: 'error', text: `tls.clientAuthorities: ${text}`, fix },
  ]
  const pem = read(path)
  if (pem === undefined) return error(`${path} cannot be read.`, 'Correct the path, or let this user read it.')
  return (parseChain(pem) ?? []).length > 0
    ? []
    : error(`${path} is not a PEM certificate.`, 'Name the certificate of the authority.')
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function checkPair(host: string, files: { certificate: string; key: string }, now: number): Finding[] {
  const error = (text: string, fix: string): Finding[] => [
    { area: 'certificate', level: 'error', text: `${host}: ${text}`, fix },
  ]
  const pem = read(files.certificate)
  if (pem === undefined)
    return error(`${files.certificate} cannot be read.`, 'Correct the path, or let this user read it.')
  const keyText = read(files.key)
  if (keyText === undefined) return error(`${files.key} cannot be read.`, 'Correct the path, or let this user read it.')
  const chain = parseChain(pem)
  const [own, ...above] = chain ?? []
  if (own === undefined)
    return error(
      `${files.certificate} is not a PEM certificate.`,
      'Name the file with the full chain, often fullchain.pem.',
    )
  let fits: boolean
  try {
    fits = own.checkPrivateKey(createPrivateKey(keyText))
  } catch {
    return error(
      `${files.key} is not an unencrypted PEM private key.`,
      'Name the key file, often privkey.pem; remove a passphrase from it.',
    )
  }
  if (!fits)
    return error(
      `the key in ${files.key} belongs to another certificate.`,
      'Name the certificate and the key that were made together.',
    )

  try {
    createSecureContext({ cert: pem, key: keyText })
  } catch (cause) {
    const why = (cause as Error & { reason?: string }).reason ?? (cause as Error).message
    return error(`the certificate cannot be used: ${why}.`, 'Get another one, for a key that is long enough.')
  }

  const findings: Finding[] = []
  const add = (level: Finding['level'], text: string, fix: string): void => {
    findings.push({ area: 'certificate', level, text: `${host}: ${text}`, fix })
  }
  if (own.checkHost(host, { subject: 'never' }) === undefined)
    add(
      'error',
      `the certificate is for ${own.subjectAltName ?? 'no name at all'}, not for ${host}.`,
      `Get one whose subject alternative names hold DNS:${host}.`,
    )
  const from = new Date(own.validFrom).getTime()
  const to = new Date(own.validTo).getTime()
  if (to < now) add('error', `the certificate expired on ${own.validTo}.`, 'Renew it, then send the server a SIGHUP.')
  else if (to < now + 14 * day)
    add('warning', `the certificate expires on ${own.validTo}.`, 'Renew it, then send the server a SIGHUP.')
  if (from > now)
    add('error', `the certificate is valid only from ${own.validFrom}.`, 'Check the clock of this machine.')
  if (own.checkIssued(own))
    add('warning', 'the certificate is self-signed; clients will warn.', 'Get one from an authority that clients know.')
  else if (above.length === 0)
    add(
      'warning',
      'the file holds no intermediate certificates; some clients will not trust it.',
      'Name the full chain, often fullchain.pem.',
    )
  if ([own, ...above].some((one, index) => above[index] !== undefined && !one.checkIssued(above[index]!)))
    add(
      'error',
      'the certificates in the file are not in order: each must be signed by the next.',
      'Put the certificate of the host first, then its issuer, and so on.',
    )
  if (process.platform !== 'win32' && (statSync(files.key).mode & 0o007) !== 0)
    add('warning', `every user of this machine may read the private key ${files.key}.`, `chmod 640 ${files.key}`)
  const days = Math.floor((to - now) / day)
  if (findings.length === 0)
    findings.push({ area: 'certificate', level: 'ok', text: `${host}: fits, and is valid for ${days} more days.` })
  return findings
}

function parseChain(pem: string): X509Certificate[] | undefined {
  const blocks = pem.split('-----END CERTIFICATE-----').filter((block) => block.includes('-----BEGIN CERTIFICATE-----'))
  try {
    return blocks.map((block) => new X509Certificate(`${block}-----END CERTIFICATE-----\n`))
  } catch {
    return undefined
  }
}
