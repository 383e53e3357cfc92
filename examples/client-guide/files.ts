/** docs/guide/client.md: files from client to client. */
import {
  attachFile,
  type ChatMessage,
  type Client,
  type chat,
  type files,
  filesOf,
  type ibb,
  type SentMessage,
  type upload,
} from '@rookery/client/node'

type Sender = Client<readonly [typeof files]>

export async function offerFile(
  client: Sender,
  to: string,
  file: File,
  show: (share: number) => void,
): Promise<boolean> {
  const { isConfirmed } = await client.files.send(to, file, {
    description: 'A rose',
    onProgress: ({ bytes, total }) => show(bytes / total),
    signal: AbortSignal.timeout(600_000),
  })
  return isConfirmed // the other side has all of it
}

export function takeFiles(client: Sender, save: (name: string, file: Blob) => Promise<unknown>): void {
  client.on('file:offered', async (offer) => {
    if (offer.size > 10_000_000) return offer.decline()
    const file = offer.accept() // or `file.stream`, to be read as it comes
    await save(offer.name ?? 'file', await file.blob()) // a broken or forged file throws here
  })
}

export async function share(
  client: Client<readonly [typeof upload, typeof chat]>,
  to: string,
  file: File,
  show: (share: number) => void,
): Promise<SentMessage> {
  const { url, file: info } = await client.upload.send(file, { onProgress: ({ bytes, total }) => show(bytes / total) })
  return client.chat.send(to, { attach: attachFile(url, info) })
}

export function shared(message: ChatMessage, draw: (name: string, urls: readonly string[]) => void): void {
  for (const { name, urls } of filesOf(message)) draw(name ?? 'file', urls)
}

export async function pipe(client: Client<readonly [typeof ibb]>, to: string, bytes: Uint8Array): Promise<void> {
  const stream = await client.ibb.open(to)
  const writer = stream.writable.getWriter()
  await writer.write(bytes)
  await writer.close()
}

export function takeBytes(client: Client<readonly [typeof ibb]>, take: (bytes: Uint8Array) => void): void {
  client.on('ibb:offered', async (offer) => {
    const stream = offer.accept()
    for await (const bytes of stream?.readable ?? []) take(bytes)
    await stream?.close()
  })
}
