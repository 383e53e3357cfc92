/** All scenarios against the daemon in a process of its own, over TCP, on SQLite; accounts by in-band registration. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRookery } from '../../bench/rookery-target.ts'
import { runScenarios, tcpTarget } from '../../packages/testkit/src/scenario/index.ts'

runScenarios(
  'rookery over TCP',
  async () => {
    const data = mkdtempSync(join(tmpdir(), 'rookery-scenarios-'))
    const daemon = await startRookery(data, { hosts: ['localhost', 'example.test'], archive: true })
    const stop = async (): Promise<void> => {
      await daemon.stop()
      rmSync(data, { recursive: true })
    }
    const hosts = { host: 'localhost', secondHost: 'example.test' }
    return tcpTarget({ name: 'rookery', port: daemon.port, ...hosts, hasSasl2: true, stop })
  },
  join(import.meta.dirname, '../../scenarios'),
  { only: process.env['ONLY'] },
)
