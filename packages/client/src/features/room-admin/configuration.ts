/** The configuration of a room, by its owners (XEP-0045 10.1.3, 10.2, 10.9). */
import { cancelled, type DataForm, dataForm, type FormAnswers, fieldOf, fillForm } from '@rookery/protocol/forms'
import type { Jid } from '@rookery/protocol/jid'
import { mucOwner } from '@rookery/protocol/xeps/muc'
import type { MucRoomConfigField } from '@rookery/protocol/xeps/muc-forms'
import { ask } from '../../contract/ask.ts'
import { UnexpectedAnswerError, UnsupportedError } from '../../contract/errors.ts'
import type { Core } from '../../contract/extension.ts'
import type { WaitOptions } from '../../contract/within.ts'
import { administer, type RoomSetup } from '../rooms/index.ts'

/** Who asks. */
export type Asking = Pick<Core, 'request'>

type Short<Name> = Name extends `muc#roomconfig_${infer Rest}` ? Rest : Name
/** `membersonly`, `roomname`, …: the registered fields, without `muc#roomconfig_`. [XEP-0045 16.5.3] */
export type RoomSetting = Short<MucRoomConfigField>
/** `More`: the fields that this server has besides. An empty list unsets one. */
export type RoomSettings<More extends string = never> = FormAnswers<RoomSetting | More>

const prefix = 'muc#roomconfig_'

/** The form of a room, to be filled in. */
export class RoomConfiguration {
  /** With labels and choices for people. */
  readonly form: DataForm
  readonly #core: Asking
  readonly #room: Jid

  /** For the room. */
  constructor(form: DataForm, core: Asking, room: Jid) {
    this.form = form
    this.#core = core
    this.#room = room
  }

  /** The values of a field; undefined when this room has no such field. */
  values(name: RoomSetting | (string & {})): readonly string[] | undefined {
    const found = this.#nameOf(name)
    return found === undefined ? undefined : fieldOf(this.form, found)?.values
  }

  /** Whether a field is on. */
  is(name: RoomSetting | (string & {})): boolean {
    const [value] = this.values(name) ?? []
    return value === '1' || value === 'true'
  }

  /** Sends these; the others keep what they have. Throws an UnsupportedError for a field that the room does not have. */
  async submit<More extends string = never>(settings: RoomSettings<More>, options?: WaitOptions): Promise<undefined> {
    const answers: [string, FormAnswers[string]][] = []
    for (const [name, value] of Object.entries<FormAnswers[string]>(settings)) {
      const full = this.#nameOf(name)
      // where there is no such switch, a password is what protects
      if (full === undefined && name === 'passwordprotectedroom' && this.values('roomsecret') !== undefined) continue
      if (full === undefined) throw new UnsupportedError(name, `${this.#room} has no setting "${name}".`)
      answers.push([full, value])
    }
    await administer(this.#core, this.#room, dataForm.build(fillForm(this.form, Object.fromEntries(answers))), options)
  }

  /** Changes nothing; a room that was just made is no more. [XEP-0045 10.1.3] */
  async cancel(options?: WaitOptions): Promise<undefined> {
    await administer(this.#core, this.#room, dataForm.build(cancelled), options)
  }

  #nameOf(name: string): string | undefined {
    return [name, prefix + name].find((full) => fieldOf(this.form, full) !== undefined)
  }
}

export async function configuration(core: Asking, room: Jid, options?: WaitOptions): Promise<RoomConfiguration> {
  const { form } = await ask(core, 'get', mucOwner.build({}), mucOwner, { ...options, to: room })
  if (form === undefined) throw new UnexpectedAnswerError('The answer has no form.')
  return new RoomConfiguration(form, core, room)
}

/** For `settings` of `client.rooms.join`: how a room that is made is to be. */
export function roomSettings<More extends string = never>(settings: RoomSettings<More>): RoomSetup {
  return async (core, room, options) => await (await configuration(core, room, options)).submit(settings, options)
}
