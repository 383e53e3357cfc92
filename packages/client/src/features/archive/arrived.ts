/** Which of the messages that nobody acknowledged lie in an archive, and so have arrived: they are not sent again. */
import type { Jid } from '@rookery/protocol/jid'
import { originId } from '@rookery/protocol/xeps/stanza-id'
import { RequestError, TimeoutError, UnsupportedError } from '../../contract/errors.ts'
import type { SentMessage } from '../../messages/index.ts'
import type { ArchivedMessage } from './entry.ts'

/** Our clock and that of the server may differ by so much, in ms. */
const clockError = 3_600_000
/** So many of the newest messages are looked at. */
const most = 1_000
/** Milliseconds for a page: the session waits for the answer. */
const timeout = 5_000

/** `newestFirst` reads an archive. */
export async function arrived(
  unsure: readonly SentMessage[],
  account: Jid,
  newestFirst: (of: Jid, options: { start: number; timeout: number }) => AsyncIterable<ArchivedMessage>,
): Promise<ReadonlySet<SentMessage>> {
  const found = new Set<SentMessage>()
  const archives = new Map<string, { readonly of: Jid; readonly missing: Map<string, SentMessage> }>()
  for (const message of unsure) {
    const of = message.stanza.type === 'groupchat' ? message.to.bare : account
    const archive = archives.get(of.toString()) ?? { of, missing: new Map() }
    archive.missing.set(message.id, message)
    archives.set(of.toString(), archive)
  }
  const ask = async (of: Jid, missing: Map<string, SentMessage>): Promise<void> => {
    const start = Math.min(...[...missing.values()].map(({ at }) => at)) - clockError
    let left = most
    for await (const entry of newestFirst(of, { start, timeout })) {
      const id = entry.payload(originId)?.id ?? entry.id ?? ''
      const message = missing.get(id)
      // in a room nobody but who has got it knows the id
      if (message !== undefined && (entry.type === 'groupchat' || (entry.way.own && entry.to.equals(message.to)))) {
        found.add(message)
        missing.delete(id)
      }
      if (missing.size === 0 || --left === 0) return
    }
  }
  for (const { of, missing } of archives.values())
    await ask(of, missing).catch((error: unknown) => {
      // no archive that could tell, or none that does in time: they are sent again, under the same id
      if (![UnsupportedError, RequestError, TimeoutError].some((kind) => error instanceof kind)) throw error
    })
  return found
}
