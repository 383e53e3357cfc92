/** The hash of what we can do, in our presence (XEP-0115 1.6.0): for features that others are to know of without asking. */
import { CAPS_NS, caps, ownCapsVersion } from '@rookery/protocol/caps'
import { type Core, defineExtension, type Extension } from '../../contract/extension.ts'
import { type Disco, disco } from '../disco.ts'
import { type Presences, presence } from '../presence/index.ts'

export class OwnCaps {
  /** A URI that names the software. */
  node = 'urn:rookery:client'
  /** For features: called when the server has been told what the hash means, and so what we want to be told of (`+notify`). */
  readonly explained: (() => void)[] = []
  readonly #core: Core
  readonly #disco: Disco
  readonly #presence: Presences
  #ver: string | undefined

  constructor(core: Core) {
    this.#core = core
    this.#disco = core.use(disco)
    this.#presence = core.use(presence)
    // [XEP-0115 6.2]
    this.#disco.answerNode((node, { from }) => {
      if (this.#ver === undefined || node !== `${this.node}#${this.#ver}`) return undefined
      // servers ask as themselves, as the account, or as this very session
      if (from === undefined || from.bare.equals(core.account) || from.toString() === core.account.domain)
        // the answer goes first
        core.clock.after(0, () => {
          for (const tell of this.explained) tell()
        })
      return { info: this.#disco.own }
    })
    this.#presence.decorate(() =>
      this.#ver === undefined ? undefined : caps.build({ hash: 'sha-1', node: this.node, ver: this.#ver }),
    )
    core.onSession('prepare', async () => void (await this.#compute()))
  }

  /** Says so in presence when it has changed. */
  async refresh(): Promise<undefined> {
    if (await this.#compute()) this.#presence.refresh()
  }

  /** Whether it has changed. */
  async #compute(): Promise<boolean> {
    const before = this.#ver
    this.#ver = await ownCapsVersion(this.#disco.own, (data) => this.#core.crypto.hash('SHA-1', data))
    return this.#ver !== before
  }
}

/** Our own capabilities, without those of others. */
export const ownCaps: Extension<'ownCaps', OwnCaps> = defineExtension({
  name: 'ownCaps',
  features: [CAPS_NS],
  start: (core) => new OwnCaps(core),
})
