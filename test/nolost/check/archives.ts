/** L1 to L6 and L8 for one archive. */
import type { ArchivedMessage, ArchiveHistory } from '../history.ts'
import type { Findings } from './findings.ts'
import type { Ledger, Ledgers } from './ledger.ts'

/** What the checks of devices ask about an archive: the origin-id behind each stanza-id, in the order of the archive. */
export type ArchiveIndex = ReadonlyMap<string, string>

export function checkArchive(
  archive: ArchiveHistory,
  domain: string,
  ledgers: Ledgers,
  findings: Findings,
): ArchiveIndex {
  const { account } = archive
  const index = new Map<string, string>()
  const ids: string[] = []
  const counted = new Counts()
  for (const message of archive.forward) {
    findings.archived++
    ids.push(message.id)
    if (index.has(message.id)) findings.violation('L2', `${account}: the archive has the id ${message.id} twice`)
    index.set(message.id, message.origin)
    if (!message.isError) checkEntry(message, account, domain, ledgers, counted, findings)
  }
  checkComplete(account, ledgers, counted, findings)
  checkDirections(archive, ids, index, findings)
  return index
}

/** How often each message was found, and the latest acknowledged number of each sender. */
class Counts {
  readonly #times = new Map<Ledger, Map<number, number>>()
  readonly #latest = new Map<Ledger, number>()

  of(ledger: Ledger, k: number): number {
    return this.#times.get(ledger)?.get(k) ?? 0
  }

  add(ledger: Ledger, k: number): number {
    let times = this.#times.get(ledger)
    if (times === undefined) this.#times.set(ledger, (times = new Map()))
    const count = (times.get(k) ?? 0) + 1
    times.set(k, count)
    return count
  }

  /** The latest number before this one; undefined when none was greater. */
  overtaken(ledger: Ledger, k: number): number | undefined {
    const latest = this.#latest.get(ledger) ?? 0
    if (k < latest) return latest
    this.#latest.set(ledger, k)
    return undefined
  }
}

function checkEntry(
  { id, from, to, origin, body }: ArchivedMessage,
  account: string,
  domain: string,
  ledgers: Ledgers,
  counted: Counts,
  findings: Findings,
): void {
  const where = `${account}: entry ${id} (${origin})`
  const found = ledgers.find(origin)
  if (found === undefined) return findings.violation('L3', `${where}: nobody sent this`)
  const { ledger, k } = found
  const recipient = ledger.to(k)!
  if (body !== ledger.body(k)) findings.violation('L3', `${where}: another body than was sent`)
  if (from !== `${ledger.name}@${domain}` || to !== `${recipient}@${domain}`)
    findings.violation('L3', `${where}: from ${from} to ${to}, sent by ${ledger.name} to ${recipient}`)
  if (account !== ledger.name && account !== recipient) findings.violation('L3', `${where}: not a message of theirs`)

  const times = counted.add(ledger, k)
  if (times > 1) {
    findings.duplicates++
    findings.violation(ledger.isAcked(k) ? 'L2' : 'L5', `${where}: there ${times} times`)
  } else if (ledger.hasPlace(k)) {
    const latest = counted.overtaken(ledger, k)
    if (latest !== undefined) findings.violation('L4', `${where}: after ${ledger.name}-${latest}`)
  }
  const error = ledger.errorOf(k)
  if (error !== undefined && account === recipient)
    findings.violation('L8', `${where}: its sender was told ${error}, and it is in the archive`)
}

function checkComplete(account: string, ledgers: Ledgers, counted: Counts, findings: Findings): void {
  for (const ledger of ledgers.all) {
    for (let k = 1; k <= ledger.acknowledged; k++) {
      const isSender = account === ledger.name
      if (!(isSender || account === ledger.to(k)) || !ledger.isPromised(k) || counted.of(ledger, k) > 0) continue
      if (isSender) findings.lostBySender++
      else findings.lost++
      findings.violation('L1', `${account}: ${ledger.name}-${k} was acknowledged and is not in the archive`)
    }
  }
}

function checkDirections(
  archive: ArchiveHistory,
  ids: readonly string[],
  index: ArchiveIndex,
  findings: Findings,
): void {
  const { account, count, backward } = archive
  let at = 0
  for (const { id, origin } of backward) {
    if (id !== ids[at])
      findings.violation('L6', `${account}: place ${at} is ${ids[at]} when paged forward, ${id} when paged backward`)
    else if (index.get(id) !== origin)
      findings.violation('L6', `${account}: ${id} is ${index.get(id)} when paged forward, ${origin} backward`)
    at++
  }
  if (at !== ids.length) findings.violation('L6', `${account}: ${ids.length} entries paged forward, ${at} backward`)
  if (count !== undefined && count !== ids.length)
    findings.violation('L6', `${account}: the archive says it has ${count} entries, and gives ${ids.length}`)
}
