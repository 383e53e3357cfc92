/**
 * Entity capabilities (XEP-0115 1.6.0): our presence has a hash of what we can do (own-caps.ts), and what others can do is known by theirs
 * without a question, once one of them has answered it and the answer was what the hash promised. Known hashes outlive the session and the
 * program.
 */
import { capsHold, caps as capsOf } from '@rookery/protocol/caps'
import { intact } from '@rookery/protocol/codec'
import type { DiscoInfo } from '@rookery/protocol/disco'
import type { Jid } from '@rookery/protocol/jid'
import type { Presence } from '@rookery/protocol/stanza'
import { Element } from '@rookery/protocol/xml'
import { BoundedMap } from '../../contract/bounded-map.ts'
import { type Core, defineExtension, type Extension } from '../../contract/extension.ts'
import { tellUnkept } from '../../contract/unkept.ts'
import { type Disco, disco } from '../disco.ts'
import { type OwnCaps, ownCaps } from './own-caps.ts'

export { ownCaps } from './own-caps.ts'

const maxHashes = 300
const maxAddresses = 5_000
/** Longer answers are not kept, in characters. */
const maxLength = 20_000

export class Capabilities {
  readonly #core: Core
  readonly #disco: Disco
  readonly #own: OwnCaps
  /** What verified hashes stand for. */
  readonly #infos: BoundedMap<string, DiscoInfo> = new BoundedMap(maxHashes)
  /** The hashes of addresses, none of them verified by this. */
  readonly #promised: BoundedMap<string, string> = new BoundedMap(maxAddresses)

  constructor(core: Core) {
    this.#core = core
    this.#disco = core.use(disco)
    this.#own = core.use(ownCaps)
    for (const ver of readList(core.kept('list'))) {
      const info = readInfo(core.kept(ver))
      if (info !== undefined) this.#infos.set(ver, info)
    }
    this.#disco.source = (jid) => this.#infoOf(jid)
    this.#disco.learned = (jid, info) => void this.#verify(jid, info)
    core.onStanza('presence', (stanza) => this.#read(stanza))
    core.onSessionEnd(() => this.#promised.clear())
  }

  /** A URI that names the software. To be changed before the client connects. */
  get node(): string {
    return this.#own.node
  }

  set node(uri: string) {
    this.#own.node = uri
  }

  /** To be called when features have come or gone while the client is online: says so in presence. */
  refresh(): Promise<undefined> {
    return this.#own.refresh()
  }

  #infoOf(jid: Jid): DiscoInfo | undefined {
    const ver = this.#promised.get(jid.toString())
    return ver === undefined ? undefined : this.#infos.get(ver)
  }

  #read({ element: stanza, from, type }: Presence): void {
    const key = from!.toString()
    if (type === 'unavailable') this.#promised.delete(key)
    if (type !== 'available') return
    const said = intact(capsOf.find(stanza))
    // the legacy format and other functions prove nothing that could be checked [XEP-0115 5.4]
    const ver = said?.hash === 'sha-1' && said.ver.length <= 100 ? said.ver : undefined
    if (ver === this.#promised.get(key)) return
    this.#disco.forget(from!) // it can do other things than before
    if (ver === undefined) this.#promised.delete(key)
    else this.#promised.set(key, ver)
  }

  /** [XEP-0115 5.4] an answer stands for all who have the hash only where it is the one that was promised */
  async #verify(jid: Jid, info: DiscoInfo): Promise<void> {
    const ver = this.#promised.get(jid.toString())
    if (ver === undefined || this.#infos.get(ver) !== undefined) return
    const row = JSON.stringify(info, (_, value: unknown) => (value instanceof Element ? undefined : value))
    if (row.length > maxLength || (await capsHold(ver, info, (data) => this.#core.crypto.hash('SHA-1', data))) !== true)
      return
    const before = this.#vers()
    this.#infos.set(ver, info)
    const after = this.#vers()
    const keep = async (): Promise<undefined> => {
      await this.#core.keep(ver, row)
      await this.#core.keep('list', JSON.stringify(after))
      for (const gone of before) if (!after.includes(gone)) await this.#core.keep(gone, undefined)
    }
    await tellUnkept(this.#core, keep(), 'What a contact can do could not be kept.')
  }

  #vers(): string[] {
    return [...this.#infos.entries()].map(([ver]) => ver)
  }
}

/** What we can do is said in presence, and what others can do is known by theirs. */
export const caps: Extension<'caps', Capabilities> = defineExtension({
  name: 'caps',
  start: (core) => new Capabilities(core),
})

function readList(row: string | undefined): string[] {
  const list = readJson(row)
  return Array.isArray(list) ? list.filter((one) => typeof one === 'string').slice(-maxHashes) : []
}

function readInfo(row: string | undefined): DiscoInfo | undefined {
  const info = readJson(row) as Partial<DiscoInfo> | undefined
  const isInfo = Array.isArray(info?.identities) && Array.isArray(info.features) && Array.isArray(info.forms)
  return isInfo ? (info as DiscoInfo) : undefined
}

function readJson(row: string | undefined): unknown {
  try {
    return JSON.parse(row ?? 'null') ?? undefined
  } catch {
    return undefined
  }
}
