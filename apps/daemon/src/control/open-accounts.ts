/** Opens the accounts of a data folder for a command: through the server that runs on it, or else directly. */
import { createServer } from '@rookery/server'
import { StorageError } from '@rookery/storage'
import { createSqliteStorage } from '@rookery/storage/sqlite'
import type { DaemonConfig } from '../config/schema.ts'
import { Failure } from '../failure.ts'
import { type AccountBook, serverAccounts } from './account-book.ts'
import { connectAccounts } from './control-client.ts'

/** Calls `work` with the accounts, and closes what had to be opened. */
export async function withAccounts<T>(config: DaemonConfig, work: (accounts: AccountBook) => Promise<T>): Promise<T> {
  const running = await connectAccounts(config.data)
  if (running !== undefined) return work(running)
  const { data, log: _, ...serverConfig } = config
  const server = await createServer({ ...serverConfig, storage: createSqliteStorage({ folder: data }) })
  try {
    await server.open()
  } catch (error) {
    await server.stop()
    if (error instanceof StorageError && error.kind === 'locked')
      throw new Failure(
        `A process that does not answer here uses the data folder ${data}. Stop the server, run this again, and start it.`,
        { cause: error },
      )
    throw error
  }
  try {
    return await work(serverAccounts(server))
  } finally {
    await server.stop()
  }
}
