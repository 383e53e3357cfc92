/** `createClient` and `connect`, for a platform: each entry of the package has them with its own. */
import { parseJid } from '@rookery/protocol/jid'
import { type Client, ClientCore } from './client.ts'
import { UsageError } from './errors.ts'
import type { AnyExtension } from './extension.ts'
import { Kept } from './kept.ts'
import type { ClientOptions } from './options.ts'
import { rememberPbkdf2 } from './platform/crypto-memory.ts'
import type { Platform } from './platform.ts'

/** A client that is not connected yet: for those who want to see its first states. */
export async function createClientFor<const X extends readonly AnyExtension[]>(
  usual: Platform,
  options: ClientOptions<X>,
): Promise<Client<X>> {
  const account = parseJid(options.jid)
  if (account === undefined)
    throw new UsageError(`${JSON.stringify(options.jid)} is not an address; one looks like name@domain.`)
  const kept = await Kept.open(await options.store?.(account.bare.toString()))
  const platform = options.platform ?? usual
  const remembering = { ...platform, crypto: rememberPbkdf2(platform.crypto) }
  return new ClientCore(options, remembering, kept) as unknown as Client<X>
}

/** Connects a client that was just made, and gives it back; what fails closes it. */
export async function connected<X extends readonly AnyExtension[]>(making: Promise<Client<X>>): Promise<Client<X>> {
  const client = await making
  try {
    await client.connect()
    return client
  } catch (error) {
    await client.close()
    throw error
  }
}
