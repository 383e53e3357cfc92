/** Certificates by host: read, checked, reloaded while sessions go on; self-signed ones where there is none. */
import { constants, createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContext, type TLSSocket, type TLSSocketOptions } from 'node:tls'
import type { ServerConfig } from '../config/schema.ts'
import { CertificateError } from '../errors.ts'
import { verifyError } from './tls-state.ts'

export interface CertificatePair {
  /** PEM: the certificate, then its chain. */
  certificate: string
  /** PEM. */
  key: string
}

/** Makes a certificate for a host that has none; the daemon keeps it on disk. */
export type SelfSigned = (host: string) => Promise<CertificatePair>

export interface CertificateInfo {
  host: string
  subject: string
  issuer: string
  validTo: Date
  isSelfSigned: boolean
  names: string | undefined
}

export class Certificates {
  readonly #config: ServerConfig['tls']
  readonly #hosts: readonly string[]
  readonly #selfSigned: SelfSigned
  #files: ServerConfig['tls']['certificates']
  #contexts = new Map<string, SecureContext>()
  readonly #options = new Map<string, TLSSocketOptions>()
  #infos: readonly CertificateInfo[] = []

  constructor(config: ServerConfig['tls'], hosts: readonly string[], selfSigned: SelfSigned) {
    this.#config = config
    this.#files = config.certificates
    this.#hosts = hosts
    this.#selfSigned = selfSigned
  }

  get infos(): readonly CertificateInfo[] {
    return this.#infos
  }

  /** Reads everything anew; on an error the certificates in use stay. New connections get the new ones. */
  async load(given: ServerConfig['tls']['certificates'] = this.#files): Promise<void> {
    const contexts = new Map<string, SecureContext>()
    const infos: CertificateInfo[] = []
    const authorities = await Promise.all(this.#config.clientAuthorities.map((file) => readFile(file, 'utf8')))
    for (const host of this.#hosts) {
      const files = Object.hasOwn(given, host) ? given[host] : undefined
      const pair = files === undefined ? await this.#selfSigned(host) : await readPair(host, files)
      infos.push(check(host, pair))
      contexts.set(
        host,
        createSecureContext({
          cert: pair.certificate,
          key: pair.key,
          minVersion: this.#config.minVersion,
          secureOptions: constants.SSL_OP_NO_RENEGOTIATION, // [S27]
          ...(authorities.length > 0 ? { ca: authorities } : {}),
        }),
      )
    }
    this.#files = given
    this.#contexts = contexts
    this.#options.clear()
    this.#infos = infos
  }

  /**
   * Options of a TLS server socket for a host; a client that names another one of ours (SNI) gets that one's. The same
   * object for all connections of a host, until the certificates are read anew.
   */
  options(host: string, withAlpn: boolean): TLSSocketOptions {
    const key = withAlpn ? `${host} alpn` : host
    const known = this.#options.get(key)
    if (known !== undefined) return known
    const secureContext = this.#contexts.get(host) ?? this.#contexts.get(this.#hosts[0]!)!
    const options: TLSSocketOptions = {
      isServer: true,
      secureContext,
      SNICallback: (name, done) => done(null, this.#contexts.get(name.toLowerCase()) ?? secureContext),
      requestCert: this.#config.clientCertificates,
      ...(withAlpn ? { ALPNProtocols: ['xmpp-client'] } : {}), // [XEP-0368 4]
      rejectUnauthorized: false, // decided by clientProblem: whoever shows none logs in with a password
    }
    if (this.#contexts.has(host)) this.#options.set(key, options)
    return options
  }

  /** Why a client certificate cannot be accepted, in words; undefined when there is none or it is good. */
  clientProblem(socket: TLSSocket): string | undefined {
    if (!this.#config.clientCertificates || socket.getPeerX509Certificate() === undefined) return undefined
    const error = verifyError(socket)
    return error === undefined ? undefined : `client certificate: ${error}`
  }
}

async function readPair(host: string, files: { certificate: string; key: string }): Promise<CertificatePair> {
  const read = async (file: string): Promise<string> => {
    try {
      return await readFile(file, 'utf8')
    } catch (cause) {
      throw new CertificateError(host, `${host}: cannot read ${file}: correct its path or permissions`, { cause })
    }
  }
  return { certificate: await read(files.certificate), key: await read(files.key) }
}

/** [S139] */
function check(host: string, pair: CertificatePair): CertificateInfo {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(pair.certificate)
  } catch (cause) {
    throw new CertificateError(host, `${host}: the certificate is not a PEM certificate`, { cause })
  }
  let fits: boolean
  try {
    fits = certificate.checkPrivateKey(createPrivateKey(pair.key))
  } catch (cause) {
    throw new CertificateError(host, `${host}: the key is not an unencrypted PEM private key`, { cause })
  }
  if (!fits) throw new CertificateError(host, `${host}: the private key belongs to another certificate`)
  return {
    host,
    subject: certificate.subject,
    issuer: certificate.issuer,
    validTo: new Date(certificate.validTo),
    isSelfSigned: certificate.checkIssued(certificate),
    names: certificate.subjectAltName,
  }
}
