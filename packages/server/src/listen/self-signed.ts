/** Self-signed certificates for local use: a new server speaks TLS before anybody has given it a certificate. */
import { generate } from 'selfsigned'
import type { CertificatePair } from './certificates.ts'

const days = 3650

/** An elliptic-curve certificate for a host, its subdomains, and this machine when the host is localhost. */
export async function selfSigned(host: string): Promise<CertificatePair> {
  const names = [
    { type: 2 as const, value: host },
    { type: 2 as const, value: `*.${host}` },
    ...(host === 'localhost'
      ? [
          { type: 7 as const, ip: '127.0.0.1' },
          { type: 7 as const, ip: '::1' },
        ]
      : []),
  ]
  const notAfterDate = new Date(Date.now() + days * 86_400_000)
  const made = await generate([{ name: 'commonName', value: host }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notAfterDate,
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: names },
    ],
  })
  return { certificate: made.cert, key: made.private }
}
