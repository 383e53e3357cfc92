/** Clients that are online at a server in the process of the test. */
import type { Jid } from '@rookery/protocol/jid'
import { presence } from '@rookery/protocol/stanza'
import type { TestServer } from '@rookery/testkit'
import type { HostileServer } from '../../../test/client/harness/hostile-server.ts'
import { type AnyExtension, type ClientOptions, defineExtension, messages, type Platform } from '../src/index.ts'
import { type Client, connect, nodePlatform } from '../src/node/index.ts'
import { within } from './waiting.ts'

export { next } from './waiting.ts'

/** Node, where no time that lies ahead ever comes: what is to happen at once happens, and what waits for a clock does not. */
export const timeless: Platform = {
  ...nodePlatform,
  clock: {
    now: nodePlatform.clock.now,
    after: (milliseconds, run) => (milliseconds === 0 ? nodePlatform.clock.after(0, run) : () => undefined),
  },
}

/** A client of a new account that also has `messages`; of `jid` with `password` where they are given. What goes wrong in the background fails the test. */
export async function online<const X extends readonly AnyExtension[]>(
  server: TestServer | HostileServer,
  use: X,
  options: Partial<ClientOptions> & { readonly local?: string } = {},
): Promise<Client<readonly [...X, typeof messages]>> {
  const { local, ...others } = options
  const isReal = 'createAccount' in server
  const account =
    options.jid !== undefined
      ? options
      : isReal
        ? await server.createAccount(local === undefined ? {} : { local })
        : { jid: `${local ?? 'romeo'}@${server.domain}`, password: server.accounts.get(local ?? 'romeo') }
  return await connect({
    jid: account.jid!,
    password: account.password,
    service: isReal ? `xmpp://127.0.0.1:${server.port}` : server.service.xmpp,
    plaintext: true,
    ...others,
    use: [...use, messages] as const,
  })
}

const arrivals = defineExtension({
  name: 'arrivals',
  start: (core) => (from: Jid) =>
    new Promise<void>((resolve) =>
      core.onStanza('presence', (presence) => {
        if (presence.from?.equals(from) === true) resolve()
      }),
    ),
})

/** Each of these has seen the presence of each other, so that requests between them are let through. */
export async function acquaint(...clients: readonly Client[]): Promise<undefined> {
  const pairs = clients.flatMap((one) => clients.filter((other) => other !== one).map((other) => [one, other] as const))
  const seen = pairs.map(([one, other]) => one.use(arrivals)(other.jid!))
  for (const [one, other] of pairs) one.send(presence(undefined, other.jid, 'available'))
  await within(Promise.all(seen), 'the presence of each at each other')
}
