/**
 * Client state indication (XEP-0352 1.0.0): tells the server that nobody looks, so that it sends what can wait later. In a page it goes by
 * whether the page is visible.
 */
import { active, inactive, csi as offer } from '@rookery/protocol/xeps/csi'
import { type Core, defineExtension, type Extension } from '../contract/extension.ts'

/** What of a document matters here; said without its type, which programs of Node do not have. */
export interface Page {
  readonly visibilityState: string
  addEventListener(type: 'visibilitychange', listener: () => void): void
  removeEventListener(type: 'visibilitychange', listener: () => void): void
}

export class ClientStateIndication {
  readonly #core: Core
  #isActive = true
  /** The server knows the words, of this session. */
  #isOffered = false

  constructor(core: Core, page: Page | undefined = globalThis.document) {
    this.#core = core
    const look = (): void => this.set(page?.visibilityState !== 'hidden')
    core.onSession('appear', ({ resumed, restored }) => {
      if (!resumed || restored) this.#isOffered = core.streamFeatures.child(offer.name, offer.ns) !== undefined
      if (restored) this.#isOffered ||= core.kept('offered') !== undefined // the server says it no more
      page?.addEventListener('visibilitychange', look)
      if (page !== undefined) this.#isActive = page.visibilityState !== 'hidden'
      // each stream begins active, also one on which a session goes on [XEP-0352 4.2]
      if (!this.#isActive) this.#tell()
      if (!resumed) return core.keep('offered', this.#isOffered ? '1' : undefined)
    })
    core.onSessionEnd(() => page?.removeEventListener('visibilitychange', look))
  }

  /** Whether the server is told that somebody looks. */
  get isActive(): boolean {
    return this.#isActive
  }

  /** Whether the server knows this: where it does not, nothing is told. */
  get isOffered(): boolean {
    return this.#isOffered
  }

  /** Somebody looks, or nobody does. */
  set(isActive: boolean): void {
    if (this.#isActive === isActive) return
    this.#isActive = isActive
    this.#tell()
  }

  #tell(): void {
    if (this.#isOffered) this.#core.sendNonza((this.#isActive ? active : inactive).build({}))
  }
}

/** Whether anybody looks. */
export const csi: Extension<'csi', ClientStateIndication> = defineExtension({
  name: 'csi',
  start: (core) => new ClientStateIndication(core),
})
