/** `createClient` and `connect`, for a platform: each entry of the package has them with its own. */
import { parseJid } from '@rookery/protocol/jid'
import { type Client, ClientCore } from './client.ts'
import { UsageError } from './errors.ts'
import type { AnyExtension } from './extension.ts'
import { Kept } from './kept.ts'
import type { ClientOptions } from './options.ts'
import type { Platform } from './platform.ts'
import { memoryStore } from './stores/memory.ts'

/** A client that is not connected yet: for those who want to see its first states. */
export async function createClientFor<const X extends readonly AnyExtension[]>(
  platform: Platform,
  options: ClientOptions<X>,
): Promise<Client<X>> {
  const account = parseJid(options.jid)
  if (account === undefined)
    throw new UsageError(`${JSON.stringify(options.jid)} is not an address; one looks like name@domain.`)
  const kept = await Kept.open(await (options.store ?? memoryStore())(account.bare.toString()))
  return new ClientCore(options, options.platform ?? platform, kept) as unknown as Client<X>
}
