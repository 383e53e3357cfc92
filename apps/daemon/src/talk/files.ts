/** Files of `rookery send`: read when they are uploaded, and shared by the link that the server gives. */
import { openAsBlob, statSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { type Attachment, attachFile, type Upload } from '@rookery/client/node'
import { Failure } from '../failure.ts'
import type { Account } from './account.ts'

/** Before anything is sent: a name that is mistyped is told at once. */
export function checkFiles(paths: readonly string[]): void {
  for (const path of paths) {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined) throw new Failure(`There is no file ${path}.`)
    if (!found.isFile()) throw new Failure(`${path} is no file. Folders have to be packed first.`)
    if (found.size === 0) throw new Failure(`${path} is empty, and an empty file cannot be uploaded.`)
  }
}

export async function uploadFiles(
  client: { readonly upload: Upload },
  paths: readonly string[],
  { account, signal }: { readonly account: Account; readonly signal: AbortSignal },
): Promise<readonly Attachment[]> {
  // they go by HTTPS, whose trust is that of the whole process
  if (paths.length > 0 && account.ca !== undefined) setDefaultCACertificates([...getCACertificates(), account.ca])
  const uploaded: Attachment[] = []
  for (const path of paths) {
    const type = types.get(extname(path).toLowerCase())
    const { url, file } = await client.upload.send(await openAsBlob(path), { name: basename(path), type, signal })
    uploaded.push(attachFile(url, file))
  }
  return uploaded
}

/** Others show what they know the type of. */
const types: ReadonlyMap<string, string> = new Map([
  ['.jpg', 'image/jpeg'],
  ['.jpeg', 'image/jpeg'],
  ['.png', 'image/png'],
  ['.gif', 'image/gif'],
  ['.webp', 'image/webp'],
  ['.svg', 'image/svg+xml'],
  ['.mp3', 'audio/mpeg'],
  ['.ogg', 'audio/ogg'],
  ['.opus', 'audio/ogg'],
  ['.mp4', 'video/mp4'],
  ['.webm', 'video/webm'],
  ['.pdf', 'application/pdf'],
  ['.txt', 'text/plain'],
  ['.log', 'text/plain'],
  ['.json', 'application/json'],
  ['.zip', 'application/zip'],
])
