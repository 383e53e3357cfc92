/** L3, L4 and L6 to L8 for what a device received. */
import type { Arrival, DeviceEvent, DeviceHistory } from '../history.ts'
import type { ArchiveIndex } from './archives.ts'
import type { Findings } from './findings.ts'
import type { Ledger, Ledgers } from './ledger.ts'

type Arrived = DeviceEvent & { readonly kind: 'message' }

/** What a device has had of one message, by stanza-id or, without one, by origin-id. */
interface Receipt {
  /** Place among all messages of the device, from 1. */
  readonly place: number
  readonly session: number
}

export class DeviceCheck {
  readonly #device: DeviceHistory
  readonly #ledgers: Ledgers
  readonly #findings: Findings
  readonly #archive: ArchiveIndex | undefined
  readonly #receipts = new Map<string, Receipt>()
  readonly #origins = new Set<string>()
  /** By sender; where an account has several devices what was kept may go to another one first, so it has an order of its own. */
  readonly #latest = { live: new Map<Ledger, number>(), delayed: new Map<Ledger, number>() }
  readonly #isAlone: boolean
  #place = 0
  #session = 0
  /** Up to which place the messages of each session were acknowledged for sure. */
  readonly #confirmed = new Map<number, number>()

  /** `archive` is undefined for an account that keeps none; `isAlone`: the account has no other device. */
  constructor(
    device: DeviceHistory,
    isAlone: boolean,
    archive: ArchiveIndex | undefined,
    ledgers: Ledgers,
    findings: Findings,
  ) {
    this.#device = device
    this.#isAlone = isAlone
    this.#archive = archive
    this.#ledgers = ledgers
    this.#findings = findings
  }

  /** The origin-ids of what came. */
  run(): ReadonlySet<string> {
    for (const event of this.#device.events) {
      if (event.kind === 'message') this.#arrived(event)
      else if (event.kind === 'confirmed') this.#confirmed.set(this.#session, event.count)
      else this.#sessionEvent(event.what)
    }
    if (this.#device.isManaged && this.#device.isPresent) this.#checkNothingMissed()
    return this.#origins
  }

  get #name(): string {
    return `${this.#device.account}/${this.#device.device}`
  }

  #sessionEvent(what: 'new' | 'resumed' | 'closed'): void {
    if (what === 'resumed') return
    if (what === 'new') this.#session++
    this.#latest.live.clear()
    this.#latest.delayed.clear()
  }

  #arrived(message: Arrived): void {
    this.#place++
    this.#findings.received++
    const { origin, body } = message
    const where = `${this.#name}: ${origin}`
    const found = this.#ledgers.find(origin)
    if (found === undefined) return this.#findings.violation('L3', `${where}: nobody sent this`)
    const { ledger, k } = found
    if (body !== ledger.body(k)) this.#findings.violation('L3', `${where}: another body than was sent`)
    if (this.#device.account !== ledger.to(k))
      this.#findings.violation('L3', `${where}: was sent to ${ledger.to(k)}, not to them`)
    const error = ledger.errorOf(k)
    if (error !== undefined)
      this.#findings.violation('L8', `${where}: its sender was told ${error}, and it was delivered`)
    this.#checkName(message, where)
    if (message.arrival !== 'archive') {
      this.#checkRepeat(message, ledger.wasResent(k), where)
      if (!this.#origins.has(origin)) this.#checkOrder(ledger, k, message.arrival, where)
    }
    this.#origins.add(origin)
  }

  /** L6: live ids are ids of the archive. */
  #checkName({ stanzaId, origin }: Arrived, where: string): void {
    if (this.#archive === undefined) return
    if (stanzaId === undefined) return this.#findings.violation('L6', `${where}: came without the id of the archive`)
    const archived = this.#archive.get(stanzaId)
    if (archived !== origin)
      this.#findings.violation('L6', `${where}: came as ${stanzaId}, which is ${archived ?? 'nothing'} in the archive`)
  }

  /** L7: nothing comes again after the server knew that it was received. What a sender wrote twice may come twice where no archive tells. */
  #checkRepeat({ stanzaId, origin }: Arrived, wasResent: boolean, where: string): void {
    const key = stanzaId ?? origin
    const before = this.#receipts.get(key)
    this.#receipts.set(key, { place: this.#place, session: this.#session })
    if (before === undefined) return
    this.#findings.repeated++
    if (!this.#device.isManaged || (stanzaId === undefined && wasResent)) return
    if (before.session === this.#session) this.#findings.violation('L7', `${where}: twice in one session`)
    else if (before.place <= (this.#confirmed.get(before.session) ?? 0))
      this.#findings.violation('L7', `${where}: again, after it was acknowledged in an earlier session`)
  }

  /** L4, within a session. */
  #checkOrder(ledger: Ledger, k: number, arrival: Arrival, where: string): void {
    if (!ledger.hasPlace(k)) return
    const order = arrival === 'delayed' && !this.#isAlone ? this.#latest.delayed : this.#latest.live
    const latest = order.get(ledger) ?? 0
    if (k > latest) order.set(ledger, k)
    else this.#findings.violation('L4', `${where}: came after ${ledger.name}-${latest}`)
  }

  /** L6: who was always there has what the archive has: it came, or was found by asking for what followed the last that came. */
  #checkNothingMissed(): void {
    for (const [id, origin] of this.#archive ?? [])
      if (!this.#origins.has(origin))
        this.#findings.violation('L6', `${this.#name}: ${origin} (${id}) is in the archive and never came`)
  }
}
