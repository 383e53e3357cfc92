/** A self-signed certificate for throw-away servers on loopback, made by the openssl command; not for anything a stranger connects to. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

export interface CertificateFiles {
  /** PEM file with the private key. */
  readonly key: string
  /** PEM file with the certificate. */
  readonly certificate: string
}

export const makeCertificate = (folder: string, hosts: readonly string[]): CertificateFiles => {
  const files: CertificateFiles = { key: join(folder, 'key.pem'), certificate: join(folder, 'certificate.pem') }
  const names = hosts.map((host) => `DNS:${host}`).join(',')
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30']
  const subject = ['-subj', `/CN=${hosts[0]}`, '-addext', `subjectAltName=${names}`]
  execFileSync('openssl', [...request, ...subject, '-keyout', files.key, '-out', files.certificate], {
    stdio: 'pipe',
    timeout: 30_000,
  })
  return files
}
