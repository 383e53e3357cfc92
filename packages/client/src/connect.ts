/** `createClient` and `connect`, for a platform: each entry of the package has them with its own. */
import { type Client, ClientCore } from './client.ts'
import { readJid } from './contract/address.ts'
import type { AnyExtension } from './contract/extension.ts'
import { Kept } from './contract/kept.ts'
import { type ClientOptions, checkOptions } from './contract/options.ts'
import type { Platform } from './contract/platform.ts'

/** A client that is not connected yet: for those who want to see its first states. */
export async function createClientFor<const X extends readonly AnyExtension[]>(
  usual: Platform,
  options: ClientOptions<X>,
): Promise<Client<X>> {
  const account = readJid(options?.jid)
  checkOptions(options)
  const kept = new Kept(await options.store?.(account.bare.toString()))
  try {
    await kept.read()
    return new ClientCore(options, options.platform ?? usual, kept) as unknown as Client<X>
  } catch (error) {
    await kept.close()
    throw error
  }
}

/** Connects a client that was just made, and gives it back; what fails closes it. */
export async function connected<X extends readonly AnyExtension[]>(
  making: Promise<Client<X>>,
  signal?: AbortSignal,
): Promise<Client<X>> {
  const client = await making
  try {
    await client.connect({ signal })
    return client
  } catch (error) {
    await client.close()
    throw error
  }
}
