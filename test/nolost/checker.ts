/**
 * The checker: a pure function from what everybody saw to the violations of L1 to L8. (L9, the figures of recovery, is what report.ts prints.)
 * It knows nothing of servers, sockets or the moment of a crash: only what was promised and what is there.
 */
import { type ArchiveIndex, checkArchive } from './check/archives.ts'
import { DeviceCheck } from './check/devices.ts'
import { Findings } from './check/findings.ts'
import { Ledgers } from './check/ledger.ts'
import type { History } from './history.ts'

export function check(history: History, examplesOfEach = 20): Findings {
  const findings = new Findings(examplesOfEach)
  const ledgers = new Ledgers(history.senders)
  for (const ledger of ledgers.all) {
    findings.sent += ledger.sent
    findings.acknowledged += ledger.acknowledged
    findings.open += ledger.sent - ledger.acknowledged
    findings.errors += ledger.errors
    findings.resent += ledger.resent
  }

  const indexes = new Map<string, ArchiveIndex>()
  for (const archive of history.archives)
    indexes.set(archive.account, checkArchive(archive, history.domain, ledgers, findings))

  for (const { name, isArchived } of history.accounts) {
    if (isArchived && !indexes.has(name)) throw new Error(`the archive of ${name} was not paged`)
    const received = new Set<string>()
    const devices = history.devices.filter((device) => device.account === name)
    for (const device of devices) {
      const archive = isArchived ? indexes.get(name) : undefined
      const run = new DeviceCheck(device, devices.length === 1, archive, ledgers, findings)
      for (const origin of run.run()) received.add(origin)
    }
    if (!isArchived) checkReceived(name, received, ledgers, findings)
  }
  return findings
}

/** L7 for an account without an archive: at least once. */
function checkReceived(account: string, received: ReadonlySet<string>, ledgers: Ledgers, findings: Findings): void {
  for (const ledger of ledgers.all) {
    for (let k = 1; k <= ledger.acknowledged; k++) {
      if (ledger.to(k) !== account || !ledger.isPromised(k) || received.has(`${ledger.name}-${k}`)) continue
      findings.lost++
      findings.violation('L7', `${account}: ${ledger.name}-${k} was acknowledged and never came`)
    }
  }
}
