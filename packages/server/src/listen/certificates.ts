/** Certificates by host: read, checked, reloaded while sessions go on; self-signed ones where there is none. */
import { constants, createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import {
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type TLSSocket,
  type TLSSocketOptions,
} from 'node:tls'
import type { ServerConfig } from '../config/schema.ts'
import { CertificateError, ConfigError } from '../errors.ts'
import { endPointHash, verifyError } from './tls-state.ts'

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

interface Loaded {
  readonly context: SecureContext
  /** What binds a login to this certificate (tls-server-end-point), where it can. [RFC5929 4.1] */
  readonly endPoint: Buffer | undefined
}

/** How the server's side of a TLS connection to a host is set up. */
export interface TlsSetup {
  readonly options: TLSSocketOptions
  /** tls-server-end-point of the certificate that a client gets who named this host (SNI), or none. */
  endPoint(servername: unknown): Buffer | undefined
}

export class Certificates {
  readonly #config: ServerConfig['tls']
  readonly #hosts: readonly string[]
  readonly #selfSigned: SelfSigned
  #files: ServerConfig['tls']['certificates']
  #loaded = new Map<string, Loaded>()
  readonly #setups = new Map<string, TlsSetup>()
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
    const loaded = new Map<string, Loaded>()
    const infos: CertificateInfo[] = []
    const authorities = await Promise.all(this.#config.clientAuthorities.map(readAuthority))
    for (const host of this.#hosts) {
      const files = Object.hasOwn(given, host) ? given[host] : undefined
      const pair = files === undefined ? await this.#selfSigned(host) : await readPair(host, files)
      infos.push(check(host, pair))
      const context = contextOf(host, pair, {
        minVersion: this.#config.minVersion,
        secureOptions: constants.SSL_OP_NO_RENEGOTIATION, // [S27]
        ...(authorities.length > 0 ? { ca: authorities } : {}),
      })
      loaded.set(host, { context, endPoint: endPointHash(new X509Certificate(pair.certificate)) })
    }
    this.#files = given
    this.#loaded = loaded
    this.#setups.clear()
    this.#infos = infos
  }

  /**
   * For a connection to a host; a client that names another one of ours (SNI) gets that one's certificate. The same
   * object for all connections of a host, until the certificates are read anew. `protocol`: the one that may be agreed on (ALPN).
   */
  setup(host: string, protocol?: 'xmpp-client' | 'http/1.1'): TlsSetup {
    const key = protocol === undefined ? host : `${host} ${protocol}`
    const known = this.#setups.get(key)
    if (known !== undefined) return known
    const loaded = this.#loaded
    const own = loaded.get(host) ?? loaded.get(this.#hosts[0]!)!
    const named = (name: unknown): Loaded =>
      (typeof name === 'string' ? loaded.get(name.toLowerCase()) : undefined) ?? own
    const setup: TlsSetup = {
      options: {
        isServer: true,
        secureContext: own.context,
        SNICallback: (name, done) => done(null, named(name).context),
        // a browser would bother its user with the question
        requestCert: this.#config.clientCertificates && protocol !== 'http/1.1',
        ...(protocol === undefined ? {} : { ALPNProtocols: [protocol] }), // [XEP-0368 4]
        rejectUnauthorized: false, // decided by clientProblem: whoever shows none logs in with a password
      },
      endPoint: (servername) => named(servername).endPoint,
    }
    if (loaded.has(host)) this.#setups.set(key, setup)
    return setup
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

/** OpenSSL has the last word, e.g. on keys that are too short. */
function contextOf(host: string, pair: CertificatePair, options: SecureContextOptions): SecureContext {
  try {
    return createSecureContext({ ...options, cert: pair.certificate, key: pair.key })
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException & { reason?: string }).reason ?? (cause as Error).message
    throw new CertificateError(host, `${host}: the certificate cannot be used: ${why}`, { cause })
  }
}

/** Of client certificates. */
async function readAuthority(file: string): Promise<string> {
  const path = ['tls', 'clientAuthorities']
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw new ConfigError(`tls.clientAuthorities: cannot read ${file}: correct its path or permissions`, path, {
      cause,
    })
  }
  try {
    new X509Certificate(text)
  } catch (cause) {
    throw new ConfigError(`tls.clientAuthorities: ${file} is not a PEM certificate`, path, { cause })
  }
  return text
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
