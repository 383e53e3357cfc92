/** A visitor asks to speak, and a moderator is asked to grant it (XEP-0045 7.13, 8.6). */
import { intact } from '@rookery/protocol/codec'
import { dataForm, fillWhole, firstValueOf, formTypeOf, submitForm } from '@rookery/protocol/forms'
import { type Jid, parseJid } from '@rookery/protocol/jid'
import { MUC_REQUEST, type MucRequestField } from '@rookery/protocol/xeps/muc-forms'
import type { Element } from '@rookery/protocol/xml'
import type { Room } from '../rooms/index.ts'

export interface VoiceRequest {
  readonly room: Room
  readonly nick: string | undefined
  readonly jid: Jid | undefined
  grant(): void
  deny(): void
}

export const voiceQuestion = (): Element =>
  dataForm.build(submitForm<MucRequestField>(MUC_REQUEST, { 'muc#role': 'participant' }))

/** A message of the room itself; undefined when it asks for something else. */
export function readVoiceRequest(
  room: Room,
  message: Element,
  answer: (form: Element) => void,
): VoiceRequest | undefined {
  const form = intact(dataForm.find(message))
  if (form === undefined || formTypeOf(form) !== MUC_REQUEST) return undefined
  const decide = (allow: boolean) => (): void =>
    answer(dataForm.build(fillWhole<MucRequestField>(form, { 'muc#request_allow': allow })))
  return {
    room,
    nick: firstValueOf(form, 'muc#roomnick'),
    jid: parseJid(firstValueOf(form, 'muc#jid') ?? ''),
    grant: decide(true),
    deny: decide(false),
  }
}
