/** A client of @rookery/client for a command: it fails at once instead of trying for long, and asks for a password when it needs one. */
import { type AnyExtension, type Client, createClient, fileStore } from '@rookery/client/node'
import { version } from '../version.ts'
import { type Account, askPassword } from './account.ts'

export interface Talk<X extends readonly AnyExtension[]> {
  /** Not connected yet: listen first. */
  readonly client: Client<X>
  /** Throws a ClientError. */
  connect(signal: AbortSignal): Promise<undefined>
}

export async function createTalk<const X extends readonly AnyExtension[]>(
  account: Account,
  store: string | undefined,
  use: X,
): Promise<Talk<X>> {
  let { password } = account
  // a store may have a token of an earlier login, which needs no password
  if (store === undefined) password ??= await askPassword(account.jid)
  const client = await createClient({
    jid: account.jid,
    password: () => password,
    service: account.service,
    tls: { ca: account.ca },
    store: store === undefined ? undefined : fileStore(store),
    patience: 0, // who has typed the command tries again when they like
    software: 'Rookery',
    version,
    kind: 'console',
    use,
  })
  return {
    client,
    async connect(signal) {
      try {
        await client.connect({ signal })
      } catch (error) {
        if (!isPasswordMissing(error)) throw error
        password = await askPassword(account.jid)
        await client.connect({ signal })
      }
    },
  }
}

function isPasswordMissing(error: unknown): boolean {
  return error instanceof Error && 'reason' in error && error.reason === 'no-credentials'
}
