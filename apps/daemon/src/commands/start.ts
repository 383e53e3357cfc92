/** `rookery start`: opens everything, says where it listens, runs until it is told to end. */
import { createServer } from '@rookery/server'
import { createSqliteStorage } from '@rookery/storage/sqlite'
import { type ConfigOptions, loadConfig } from '../config/load.ts'
import { serverAccounts } from '../control/account-book.ts'
import { ControlServer } from '../control/control-server.ts'
import { makeFirstAccount } from '../first-account.ts'
import { keptCertificates } from '../kept-certificates.ts'
import { createLog } from '../log/log.ts'
import { reload } from '../reload.ts'
import { Running } from '../running.ts'
import { report } from '../start-report.ts'
import { steadyHeap } from '../steady-heap.ts'
import { version } from '../version.ts'

export async function start(options: ConfigOptions): Promise<number> {
  const loaded = loadConfig(options)
  const { data, log: logging, ...config } = loaded.config
  const log = createLog(logging)
  const running = new Running(log)
  const storage = createSqliteStorage({ folder: data, onFailure: (error) => running.fail(error) })
  const server = await createServer({
    ...config,
    storage,
    log,
    selfSigned: keptCertificates(data),
    software: { name: 'Rookery', version },
  })
  running.atEnd(() => server.stop())
  try {
    await server.start()
    if (running.isEnding) return running.ended
    const accounts = serverAccounts(server)
    const control = new ControlServer(data, accounts, () => server.endpoints, log)
    running.atEnd(() => control.close())
    await control.open()
    const first = await makeFirstAccount(accounts, storage, server.config.hosts)
    report({ loaded, server, log, first })
  } catch (error) {
    // told to end while it was starting: what fails then fails for that
    if (running.isEnding) return running.ended
    await running.end()
    throw error
  }
  steadyHeap()
  running.started(() => reload({ server, log, options, current: loaded }))
  return running.ended
}
