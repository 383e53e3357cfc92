/** docs/guide/client.md: the archive, and what was missed. */
import { archive, archiveWith, type Client, chat, connect, fileStore, presence } from '@rookery/client/node'
import type { Account } from './account.ts'

type Reader = Client<readonly [typeof chat, typeof archive]>

export async function missNothing(account: Account, folder: string): Promise<Reader> {
  const client = await connect({ ...account, use: [presence, chat, archive], store: fileStore(folder) })
  client.on('archive:repaired', ({ of, count }) => console.log(`${count} messages of ${of} came meanwhile`))
  return client
}

export async function sinceYesterday(account: Account): Promise<Reader> {
  return await connect({ ...account, use: [presence, chat, archiveWith({ catchUp: 86_400_000 })] })
}

export async function history(client: Reader, peer: string): Promise<string[]> {
  const lines: string[] = []
  for await (const entry of client.archive.query({ with: peer, flipped: true })) {
    const message = client.chat.read(entry) // as a message of a conversation
    lines.push(`${new Date(entry.at).toISOString()} ${message?.isOwn ? 'me' : peer}: ${message?.body}`)
    if (lines.length === 100) break // no further page is asked for
  }
  return lines
}

export async function scroll(client: Reader, peer: string): Promise<number> {
  const newest = await client.archive.page({ with: peer, max: 20 })
  if (newest.isComplete) return newest.messages.length
  const older = await client.archive.page({ with: peer, max: 20, before: newest.first })
  return newest.messages.length + older.messages.length
}
