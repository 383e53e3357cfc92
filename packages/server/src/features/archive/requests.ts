/** The small requests to an archive: its form, its edges, and whose messages are kept. XEP-0313 1.1.3 sections 4.1.5 and 5, XEP-0441 0.2.0. */
import { isBroken } from '@rookery/protocol/codec'
import { StanzaError } from '@rookery/protocol/stanza'
import { archiveForm, archiveMetadata, archivePreferences, MAM_NS } from '@rookery/protocol/xeps/mam'
import { type Element, el } from '@rookery/protocol/xml'
import type { ArchiveBounds, ArchiveStore } from '@rookery/storage'
import type { AccountDocuments } from '../../account-documents.ts'
import type { IqRequest } from '../../iq-request.ts'
import type { Names } from './names.ts'
import { Preferences } from './preferences.ts'

export interface RequestParts {
  readonly store: ArchiveStore
  readonly names: () => Names
  readonly preferences: AccountDocuments<Preferences>
  /** Addresses on both lists together. */
  readonly mostAddresses: number
}

/** What can be asked for. [XEP-0313 4.1.5] */
const blankForm = el('query', MAM_NS, {}, [archiveForm.blank()])

export class Requests {
  readonly #parts: RequestParts

  constructor(parts: RequestParts) {
    this.#parts = parts
  }

  readonly form = (): Element => blankForm

  readonly metadata = async ({ to }: IqRequest): Promise<Element> =>
    this.metadataOf(await this.#parts.store.bounds(to.local))

  /** The oldest and the newest message. [XEP-0313 5, XEP-0386 4] */
  metadataOf(bounds: ArchiveBounds | undefined): Element {
    const { names } = this.#parts
    if (bounds === undefined) return archiveMetadata.build({})
    const edge = ({ id, at }: { id: number; at: number }) => ({ id: names().nameOf(id), timestamp: at })
    return archiveMetadata.build({ start: edge(bounds.first), end: edge(bounds.last) })
  }

  readonly preferences = async ({ to }: IqRequest): Promise<Element> =>
    archivePreferences.build((await this.#parts.preferences.of(to.local)).toValue())

  /** Answered with what is in force. [XEP-0441 2.1] */
  readonly setPreferences = async ({ to, payload }: IqRequest): Promise<Element | StanzaError> => {
    const asked = archivePreferences.parse(payload)
    if (asked === undefined) return new StanzaError('bad-request')
    if (isBroken(asked)) return new StanzaError('bad-request', { text: asked.sentence })
    const wishes = new Preferences(asked.default, asked.always, asked.never)
    const { preferences, mostAddresses } = this.#parts
    if (wishes.size > mostAddresses)
      return new StanzaError('policy-violation', { text: `at most ${mostAddresses} addresses can be listed` })
    await preferences.change(to.local, () => wishes)
    return archivePreferences.build(wishes.toValue())
  }
}
