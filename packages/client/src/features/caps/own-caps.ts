/** The hash of what we can do, in our presence (XEP-0115 1.6.0): for features that others are to know of without asking. */
import { CAPS_NS, caps, ownCapsVersion } from '@rookery/protocol/caps'
import { type Core, defineExtension, type Extension } from '../../contract/extension.ts'
import { type Disco, type DiscoInfo, disco } from '../disco.ts'
import { type Presences, presence } from '../presence/index.ts'

export class OwnCaps {
  /** A URI that names the software. */
  node = 'urn:rookery:client'
  readonly #core: Core
  readonly #disco: Disco
  readonly #presence: Presences
  /** The hash in our presence, and what it stands for. */
  #said: { readonly info: DiscoInfo; readonly ver: string } | undefined

  constructor(core: Core) {
    this.#core = core
    this.#disco = core.use(disco)
    this.#presence = core.use(presence)
    // [XEP-0115 6.2]
    this.#disco.answerNode((node, { from }) => {
      const said = this.#said
      if (said === undefined || node !== `${this.node}#${said.ver}`) return undefined
      // servers ask as themselves, as the account, or as this very session
      if (from === undefined || from.bare.equals(core.account) || from.toString() === core.account.domain)
        // the answer goes first
        core.clock.after(0, () => {
          for (const tell of this.#presence.told) tell()
        })
      return said
    })
    this.#presence.decorate(() => this.#said && caps.build({ hash: 'sha-1', node: this.node, ver: this.#said.ver }))
    core.onSession('prepare', () => this.refresh())
  }

  /** Says so in presence when it has changed. */
  async refresh(): Promise<undefined> {
    const info = this.#disco.own
    const ver = await ownCapsVersion(info, (data) => this.#core.crypto.hash('SHA-1', data))
    if (ver === this.#said?.ver) return
    this.#said = { info, ver }
    this.#presence.refresh()
  }
}

/** Our own capabilities, without those of others. */
export const ownCaps: Extension<'ownCaps', OwnCaps> = defineExtension({
  name: 'ownCaps',
  features: [CAPS_NS],
  start: (core) => new OwnCaps(core),
})
