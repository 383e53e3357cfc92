/** Self-signed certificates kept in the data folder, so that clients which trusted one see the same one after a restart. */
import { X509Certificate } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CertificatePair, type SelfSigned, selfSigned } from '@rookery/server'
import { Failure } from './failure.ts'

export function certificatesFolder(data: string): string {
  return join(data, 'certificates')
}

/** A certificate is made anew shortly before it expires. */
const renewBeforeMs = 30 * 86_400_000

/** For the `selfSigned` option of the server: `<data>/certificates/<host>.crt` and `.key`, mode 0600. */
export function keptCertificates(data: string, make: SelfSigned = selfSigned): SelfSigned {
  const folder = certificatesFolder(data)
  return async (host) => {
    const paths = keptPaths(folder, host)
    const kept = await readKept(paths)
    if (kept !== undefined && !isEnding(kept)) return kept
    const made = await make(host)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await replace(paths.key, made.key)
    await replace(paths.certificate, made.certificate)
    return made
  }
}

interface Paths {
  readonly certificate: string
  readonly key: string
}

/** Where the certificate of a host is, if one was made. */
export function keptCertificate(data: string, host: string): string {
  return keptPaths(certificatesFolder(data), host).certificate
}

/** A host may be an IPv6 literal: what file systems dislike is written as hexadecimal. */
function keptPaths(folder: string, host: string): Paths {
  const name = host.replace(/[^\p{L}\p{N}.-]/gu, (char) => `_${char.codePointAt(0)!.toString(16)}_`)
  return { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) }
}

async function readKept(paths: Paths): Promise<CertificatePair | undefined> {
  const [certificate, key] = await Promise.all([read(paths.certificate), read(paths.key)])
  return certificate === undefined || key === undefined ? undefined : { certificate, key }
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Failure(`The certificate file ${path} cannot be read. Make it readable for this user, or remove it.`)
  }
}

function isEnding({ certificate }: CertificatePair): boolean {
  try {
    return new Date(new X509Certificate(certificate).validTo).getTime() < Date.now() + renewBeforeMs
  } catch {
    return false // damaged: the server says so, rather than a new one silently taking its place
  }
}

async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 })
  await rename(`${path}.new`, path)
}
