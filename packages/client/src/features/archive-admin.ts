/** What is seldom asked of an archive (XEP-0313 1.1.3; preferences XEP-0441): how far it reaches, and whose messages are in it. */
import { intact } from '@rookery/protocol/codec'
import { dataForm } from '@rookery/protocol/forms'
import type { Jid } from '@rookery/protocol/jid'
import {
  type ArchiveDefault,
  archiveMetadata,
  archivePreferences,
  archiveQuery,
  MAM_EXTENDED,
  MAM_NS,
} from '@rookery/protocol/xeps/mam'
import { type Element, el } from '@rookery/protocol/xml'
import { readJid } from '../contract/address.ts'
import { ask, lacking } from '../contract/ask.ts'
import { UnexpectedAnswerError } from '../contract/errors.ts'
import { type Core, defineExtension, type Extension } from '../contract/extension.ts'
import type { WaitOptions } from '../contract/within.ts'
import type { Mark } from './archive/index.ts'
import { disco } from './disco.ts'

/** Whose messages are archived (XEP-0441). */
export interface ArchivePreferences {
  /** Of those who are in neither list. */
  readonly default: ArchiveDefault
  readonly always: readonly Jid[]
  readonly never: readonly Jid[]
}

export class ArchiveAdmin {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  /** The oldest and the newest message; neither in an empty archive. `of`: a room; the account unless told. Throws UnsupportedError. */
  async metadata(
    options: WaitOptions & { readonly of?: Jid | string | undefined } = {},
  ): Promise<{ readonly first: Mark | undefined; readonly last: Mark | undefined }> {
    const { of, signal, timeout } = options
    const to = of === undefined ? undefined : readJid(of).bare
    await this.#core.use(disco).require(to ?? this.#core.account, MAM_EXTENDED, options)
    const asked = ask(this.#core, 'get', archiveMetadata.build({}), archiveMetadata, { to, signal, timeout })
    const { start, end } = await asked
    return {
      first: start && { id: start.id, at: start.timestamp },
      last: end && { id: end.id, at: end.timestamp },
    }
  }

  /** The names of the fields that a question to this archive may have. [XEP-0313 4.1.5] */
  async fields(options: WaitOptions & { readonly of?: Jid | string | undefined } = {}): Promise<readonly string[]> {
    const { of, signal, timeout } = options
    const to = of === undefined ? undefined : readJid(of).bare
    await this.#core.use(disco).require(to ?? this.#core.account, MAM_NS, options)
    const { form } = await ask(this.#core, 'get', archiveQuery.build({}), archiveQuery, { to, signal, timeout })
    const read = form && intact(dataForm.parse(form))
    if (read === undefined) throw new UnexpectedAnswerError('The answer has no form.')
    return read.fields.flatMap(({ var: name, type }) => (name === undefined || type === 'hidden' ? [] : [name]))
  }

  /** Whose messages the server archives for us. Throws UnsupportedError where that cannot be chosen. */
  async preferences(options: WaitOptions = {}): Promise<ArchivePreferences> {
    return await this.#ask('get', el('prefs', MAM_NS), options)
  }

  /** The answer is what holds from now on; the server may not have taken all of it. */
  async setPreferences(
    preferences: {
      readonly default: ArchiveDefault
      readonly always?: readonly (Jid | string)[] | undefined
      readonly never?: readonly (Jid | string)[] | undefined
    },
    options: WaitOptions = {},
  ): Promise<ArchivePreferences> {
    const { always = [], never = [] } = preferences
    const wanted = archivePreferences.build({
      default: preferences.default,
      always: always.map(readJid),
      never: never.map(readJid),
    })
    return await this.#ask('set', wanted, options)
  }

  async #ask(type: 'get' | 'set', payload: Element, { signal, timeout }: WaitOptions): Promise<ArchivePreferences> {
    const asked = ask(this.#core, type, payload, archivePreferences, { signal, timeout })
    const answer = await asked.catch(lacking(MAM_NS))
    return { default: answer.default, always: answer.always ?? [], never: answer.never ?? [] }
  }
}

/** `client.archiveAdmin`: beside `archive`, for those who look after one. */
export const archiveAdmin: Extension<'archiveAdmin', ArchiveAdmin> = defineExtension({
  name: 'archiveAdmin',
  start: (core) => new ArchiveAdmin(core),
})
