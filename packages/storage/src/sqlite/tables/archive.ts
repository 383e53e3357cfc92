/** Archives in SQLite: keeping a message, and the questions about a single one. */
import { idOf } from '../../stanza-text.ts'
import type { Value } from '../message.ts'
import { pack, unpack } from '../statement.ts'
import { type ArchiveMessages, ORIGIN, OUT } from './archive-messages.ts'

const EVERYTHING = { low: 0, high: Number.MAX_SAFE_INTEGER }

export class ArchiveTables {
  readonly #messages: ArchiveMessages

  constructor(messages: ArchiveMessages) {
    this.#messages = messages
  }

  lastId(_domain: string): number {
    return this.#messages.lastId
  }

  append(
    domain: string,
    local: string,
    id: number,
    at: number,
    peerJid: string,
    isOut: boolean,
    stanza: string,
    origin: string | undefined,
  ): number | undefined {
    const messages = this.#messages
    const account = messages.accountFor(domain, local, at)
    const peer = messages.peerFor(peerJid)
    const flags = (isOut ? OUT : 0) | (origin === undefined ? 0 : ORIGIN)
    const name = origin ?? idOf(stanza)
    const hash = name === undefined ? undefined : messages.hashOf(account, peer, flags, name)
    if (origin !== undefined) {
      const known = messages.find(account, peer, flags, origin, hash!)
      if (known !== undefined) return known
    }
    messages.add({ id, account, peer, flags, at, name, hash, stanza })
    return undefined
  }

  has(domain: string, local: string, id: number): boolean {
    return this.#get(domain, local, id) !== undefined
  }

  find(domain: string, local: string, peerJid: string, isOut: boolean, name: string): Value {
    const messages = this.#messages
    const account = messages.accountOf(domain, local)
    const peer = messages.peerOf(peerJid)
    if (account === undefined || peer === undefined) return undefined
    const out = isOut ? OUT : 0
    const [byOrigin = 0, byId = 0] = [out | ORIGIN, out].map((flags) =>
      messages.find(account, peer, flags, name, messages.hashOf(account, peer, flags, name)),
    )
    const id = Math.max(byOrigin, byId)
    if (id === 0) return undefined
    const { at, stanza } = messages.get(id)!
    return [id, at, peerJid, isOut, unpack(stanza)]
  }

  replace(domain: string, local: string, id: number, stanza: string): boolean {
    const before = this.#get(domain, local, id)
    if (before === undefined) return false
    this.#messages.replace(id, before, pack(stanza), stanza)
    return true
  }

  bounds(domain: string, local: string): Value {
    const account = this.#messages.accountOf(domain, local)
    if (account === undefined) return undefined
    const [first, last] = [false, true].map((isDown) => {
      const [id] = this.#messages.index.ids(account, undefined, { ...EVERYTHING, isDown }, 1)
      return id === undefined ? [] : [id, this.#messages.get(id)!.at]
    })
    return first!.length === 0 ? undefined : [...first!, ...last!]
  }

  #get(domain: string, local: string, id: number) {
    if (!Number.isSafeInteger(id)) return undefined
    const message = this.#messages.get(id)
    return message !== undefined && message.account === this.#messages.accountOf(domain, local) ? message : undefined
  }
}
