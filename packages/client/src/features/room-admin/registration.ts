/** Registration with a room: membership, and a nickname that nobody else may take (XEP-0045 7.10, 7.12). The plain fields of XEP-0077 are not used. */
import { isBroken } from '@rookery/protocol/codec'
import { dataForm, type FormAnswers, fieldOf, fillForm } from '@rookery/protocol/forms'
import type { Jid } from '@rookery/protocol/jid'
import { MUC_RESERVED_NICK } from '@rookery/protocol/xeps/muc'
import type { MucRegisterField } from '@rookery/protocol/xeps/muc-forms'
import { type Element, el } from '@rookery/protocol/xml'
import { RequestError, UnsupportedError } from '../../contract/errors.ts'
import type { WaitOptions } from '../../contract/within.ts'
import type { Disco, DiscoInfo } from '../disco.ts'
import type { Asking } from './configuration.ts'

/** Of XEP-0077, written here because a bundler takes its file whole. */
const REGISTER_NS = 'jabber:iq:register'
const query = (...children: Element[]): Element => el('query', REGISTER_NS, {}, children)

/** `answers`: what this room asks besides the nickname, by the names of its fields. Throws a RequestError `conflict` when somebody else has it. */
export async function registerNick(
  core: Asking,
  room: Jid,
  nick: string,
  answers: FormAnswers<MucRegisterField>,
  options: WaitOptions,
): Promise<undefined> {
  const asked = await core.request('get', query(), { ...options, to: room })
  const form = asked && dataForm.find(asked)
  if (form === undefined || isBroken(form) || fieldOf(form, 'muc#register_roomnick') === undefined)
    throw new UnsupportedError(REGISTER_NS, `${room} does not let anybody register.`)
  const filled = fillForm<MucRegisterField>(form, { ...answers, 'muc#register_roomnick': nick })
  await core.request('set', query(dataForm.build(filled)), { ...options, to: room })
}

export async function unregister(core: Asking, room: Jid, options: WaitOptions): Promise<undefined> {
  await core.request('set', query(el('remove', REGISTER_NS)), { ...options, to: room })
}

/** Our nickname there; undefined where we have none, or the room does not say. */
export async function reservedNick(disco: Disco, room: Jid, options: WaitOptions): Promise<string | undefined> {
  const asked = disco.info(room, { ...options, node: MUC_RESERVED_NICK, fresh: true })
  const { identities } = await asked.catch((error: unknown): Pick<DiscoInfo, 'identities'> => {
    if (error instanceof RequestError && error.type === 'cancel') return { identities: [] } // knows no such node
    throw error
  })
  return identities.find(({ category, type }) => category === 'conference' && type === 'text')?.name || undefined
}
