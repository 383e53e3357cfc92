/** The client for Node: everything of the default entry, and connections over TCP and TLS found by DNS. */

import type { Client } from '../client.ts'
import { connected, createClientFor } from '../connect.ts'
import type { AnyExtension } from '../contract/extension.ts'
import type { ClientOptions, ConnectOptions } from '../contract/options.ts'
import { type RegisterOptions, registerAt } from '../register.ts'
import { nodePlatform } from './node-platform.ts'

export * from '../index.ts'
export { fileStore } from './file-store.ts'
export { nodePlatform } from './node-platform.ts'

/** A client that is not connected yet: for those who want to see its first states, or what is left of before. */
export function createClient<const X extends readonly AnyExtension[] = readonly []>(
  options: ClientOptions<X>,
): Promise<Client<X>> {
  return createClientFor(nodePlatform, options)
}

/** Connects, and resolves with a client that can be used. Throws a ClientError that says what to do; the reason of the signal. */
export function connect<const X extends readonly AnyExtension[] = readonly []>(
  options: ConnectOptions<X>,
): Promise<Client<X>> {
  return connected(createClient(options), options?.signal)
}

/** Makes an account; then `connect`. Throws RegistrationError, ConnectError, UsageError; the reason of the signal. */
export function register(options: RegisterOptions): Promise<undefined> {
  return registerAt(nodePlatform, options)
}
