/** Who is there: the presence of others by address and resource, within bounds. Strangers are forgotten before contacts are. */
import type { Jid } from '@rookery/protocol/jid'
import { writeContent } from '@rookery/protocol/xml'
import type { ContactPresence } from './contact-presence.ts'

const maxResources = 50
const maxBytes = 16 << 20

interface Devices {
  readonly jid: Jid
  readonly byResource: Map<string, ContactPresence>
}

export class Contacts {
  readonly #byBare: Map<string, Devices> = new Map()
  /** Of these, those that have not been found to be contacts since they last said something. */
  readonly #strangers: Set<string> = new Set()
  readonly #isContact: (bare: Jid) => boolean
  #bytes = 0

  constructor(isContact: (bare: Jid) => boolean) {
    this.#isContact = isContact
  }

  of(bare: Jid): readonly ContactPresence[] {
    return [...(this.#byBare.get(bare.toString())?.byResource.values() ?? [])]
  }

  get(full: Jid): ContactPresence | undefined {
    return this.#byBare.get(full.bare.toString())?.byResource.get(full.resource)
  }

  all(): ContactPresence[] {
    return [...this.#byBare.values()].flatMap(({ byResource }) => [...byResource.values()])
  }

  set(presence: ContactPresence): void {
    const { bare, resource } = presence.jid
    this.delete(presence.jid)
    const key = bare.toString()
    const devices = this.#byBare.get(key) ?? { jid: bare, byResource: new Map() }
    const { byResource } = devices
    const [oldest] = byResource.values()
    if (byResource.size >= maxResources) this.delete(oldest!.jid)
    byResource.set(resource, presence)
    this.#byBare.set(key, devices)
    this.#strangers.add(key)
    this.#bytes += sizeOf(presence)
    while (this.#bytes > maxBytes && this.#byBare.size > 1) this.#forgetOne(key)
  }

  /** Of a bare address: all its resources. */
  delete(jid: Jid): void {
    const key = jid.bare.toString()
    const byResource = this.#byBare.get(key)?.byResource
    for (const [resource, presence] of byResource ?? []) {
      if (jid.isFull && resource !== jid.resource) continue
      byResource!.delete(resource)
      this.#bytes -= sizeOf(presence)
    }
    if (byResource?.size === 0 && this.#byBare.delete(key)) this.#strangers.delete(key)
  }

  clear(): void {
    this.#byBare.clear()
    this.#strangers.clear()
    this.#bytes = 0
  }

  #forgetOne(but: string): void {
    for (const keys of [this.#strangers, this.#byBare.keys()])
      for (const key of keys) {
        const { jid } = this.#byBare.get(key)!
        // each is asked about once: who is found to be a contact is passed over from then on
        if (key !== but && !(this.#strangers.delete(key) && this.#isContact(jid))) return this.delete(jid)
      }
  }
}

function sizeOf({ element, jid }: ContactPresence): number {
  return 2 * (element.inner ?? writeContent(element)).length + 2 * jid.toString().length + 500
}
