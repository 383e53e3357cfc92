/** The accounts of a server as the commands see them: by address, whether the server runs in this process or in another. */
import { parseJid } from '@rookery/protocol/jid'
import type { Server } from '@rookery/server'
import { Failure } from '../failure.ts'

export interface AccountBook {
  /** False: exists already. */
  add(jid: string, password: string): Promise<boolean>
  /** False: no such account. */
  setPassword(jid: string, password: string): Promise<boolean>
  /** False: no such account. */
  remove(jid: string): Promise<boolean>
  /** Names (localparts), sorted; those after `after`. */
  list(host: string, after: string | undefined, limit: number): Promise<string[]>
}

export function serverAccounts(server: Server): AccountBook {
  return {
    add: (jid, password) => within(server, jid, (accounts, local) => accounts.create(local, password)),
    setPassword: (jid, password) => within(server, jid, (accounts, local) => accounts.setPassword(local, password)),
    remove: (jid) => within(server, jid, (accounts, local) => accounts.remove(local)),
    list: (host, after, limit) => accountsOf(server, host).list(after, limit),
  }
}

type Accounts = ReturnType<Server['accounts']>

async function within(
  server: Server,
  address: string,
  call: (accounts: Accounts, local: string) => Promise<boolean>,
): Promise<boolean> {
  const jid = parseJid(address.includes('@') ? address : `${address}@${server.config.hosts[0]}`)
  if (jid === undefined || !jid.isBare || jid.local === '')
    throw new Failure(
      `${JSON.stringify(address)} is not an address of an account, such as juliet@${server.config.hosts[0]}.`,
    )
  try {
    return await call(accountsOf(server, jid.domain), jid.local)
  } catch (error) {
    if (error instanceof RangeError) throw new Failure(`${error.message}.`, { cause: error })
    throw error
  }
}

function accountsOf(server: Server, host: string): Accounts {
  if (!server.config.hosts.includes(host))
    throw new Failure(`${host} is not a host of this server; its hosts are: ${server.config.hosts.join(', ')}.`)
  return server.accounts(host)
}
