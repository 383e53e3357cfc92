/** Certificates of the tests, made by openssl in a folder that goes away with them. */
import { execFileSync } from 'node:child_process'
import { createPrivateKey, sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** id-on-xmppAddr as subjectAltName of openssl's configuration. [RFC6120 13.7.1.4] */
export const xmppAddr = (address: string, form = 'FORMAT:UTF8,UTF8'): string =>
  `otherName:1.3.6.1.5.5.7.8.5;${form}:${address}`

export interface Wish {
  /** As `-subj` takes it. Default `/CN=somebody`. */
  readonly subject?: string
  /** Lines of subjectAltName. */
  readonly names?: readonly string[]
  /** Lines of the extension section beside it. */
  readonly extensions?: readonly string[]
  /** Default: elliptic curve P-256 with SHA-256. */
  readonly key?: 'ec' | 'ec-384' | 'rsa' | 'rsa-pss' | 'ed25519'
  /** Arguments for signing, e.g. `-sha512`. */
  readonly signing?: readonly string[]
  readonly isExpired?: boolean
}

/** PEM, and where it is. */
export interface Issued {
  readonly cert: string
  readonly key: string
  readonly certFile: string
  readonly keyFile: string
}

const keyArguments = {
  ec: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'ec-384': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  rsa: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  'rsa-pss': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  ed25519: ['-algorithm', 'ED25519'],
} as const

export class Certificates {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'attacks-certificates-'))
  #count = 0

  /** A certificate of its own signature: for a server, or for somebody whom no authority knows. */
  selfSigned(wish: Wish = {}): Issued {
    return this.#make(wish, undefined)
  }

  authority(): Issued {
    return this.selfSigned({ subject: '/CN=Authority', key: 'rsa', extensions: ['basicConstraints=critical,CA:TRUE'] })
  }

  /** Signed by an authority. */
  issue(authority: Issued, wish: Wish = {}): Issued {
    return this.#make(wish, authority)
  }

  /** Replaces bytes of a certificate by as many others, signed anew by its (RSA) authority: what openssl would not write. */
  forge(authority: Issued, issued: Issued, from: Uint8Array, to: Uint8Array): Issued {
    if (from.length !== to.length) throw new RangeError('other bytes must be as many')
    const der = Buffer.from(issued.cert.replace(/-----[^-]*-----|\s/g, ''), 'base64')
    const at = der.indexOf(from)
    if (at < 0) throw new Error('the certificate has no such bytes')
    der.set(to, at)
    // Certificate ::= SEQUENCE { tbsCertificate SEQUENCE, ... }: the outer length has two octets, the inner one or two
    const header = der[5] === 0x82 ? 4 : 3
    const signed = der.subarray(4, 4 + header + (header === 4 ? der.readUInt16BE(6) : der[6]!))
    const signature = sign('sha256', signed, createPrivateKey(authority.key))
    der.set(signature, der.length - signature.length)
    const lines = der.toString('base64').replace(/.{64}/g, '$&\n')
    return this.#keep(`-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`, issued.key)
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #keep(cert: string, key: string): Issued {
    const stem = join(this.folder, `forged-${++this.#count}`)
    writeFileSync(`${stem}.crt`, cert)
    writeFileSync(`${stem}.key`, key)
    return { cert, key, certFile: `${stem}.crt`, keyFile: `${stem}.key` }
  }

  #make(wish: Wish, authority: Issued | undefined): Issued {
    const stem = join(this.folder, `${++this.#count}`)
    const { subject = '/CN=somebody', names = [], extensions = [], key = 'ec', signing = ['-sha256'] } = wish
    const openssl = (...words: string[]): void => {
      execFileSync('openssl', words, { stdio: ['ignore', 'pipe', 'pipe'] })
    }
    openssl('genpkey', ...keyArguments[key], '-out', `${stem}.key`)
    const section = ['[ext]', ...extensions, ...(names.length > 0 ? ['subjectAltName=@names', '[names]'] : [])]
    const lines = names.map((name, index) => name.replace(/^([^:]*):/, `$1.${index + 1}=`))
    writeFileSync(`${stem}.ext`, [...section, ...lines, ''].join('\n'))
    const digest = key === 'ed25519' ? [] : signing
    openssl('req', '-new', '-utf8', '-key', `${stem}.key`, '-subj', subject, '-out', `${stem}.csr`, ...digest)
    const signer =
      authority === undefined ? ['-signkey', `${stem}.key`] : ['-CA', authority.certFile, '-CAkey', authority.keyFile]
    const days = wish.isExpired === true ? ['-days', '-1'] : ['-days', '2']
    openssl(
      ...['x509', '-req', '-in', `${stem}.csr`, '-extfile', `${stem}.ext`, '-extensions', 'ext', '-out', `${stem}.crt`],
      ...signer,
      ...days,
      ...digest,
    )
    const files = { certFile: `${stem}.crt`, keyFile: `${stem}.key` }
    return { cert: readFileSync(files.certFile, 'utf8'), key: readFileSync(files.keyFile, 'utf8'), ...files }
  }
}
