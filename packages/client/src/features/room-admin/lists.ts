/** Who is what in a room (XEP-0045 8 and 9): lists of affiliations and roles, and their changes. */
import type { Jid } from '@rookery/protocol/jid'
import { RSM_NS } from '@rookery/protocol/rsm'
import { type Affiliation, type MucItem, mucAdmin, type Role } from '@rookery/protocol/xeps/muc'
import { readJid } from '../../contract/address.ts'
import { readAnswer } from '../../contract/ask.ts'
import { UsageError } from '../../contract/errors.ts'
import { pages } from '../../contract/pages.ts'
import type { WaitOptions } from '../../contract/within.ts'
import { Occupant } from '../rooms/index.ts'

import type { Asking } from './configuration.ts'

export interface RoomListing {
  /** The address, where it is known to us. */
  readonly jid?: Jid | undefined
  /** The nickname: of who is there, or reserved. */
  readonly nick?: string | undefined
  readonly affiliation?: Affiliation | undefined
  readonly role?: Role | undefined
  readonly reason?: string | undefined
}

export interface ChangeOptions extends WaitOptions {
  /** For people to read. */
  readonly reason?: string | undefined
}

/** An address, or somebody in the room whose address we know. */
export type Person = Jid | string | Occupant
type OneOrMore<T> = T | readonly T[]

const atOnce = 20

/** How many to ask for at a time where a room gives a part only, and how many are taken in all. */
const pageSize = 500
const most = 50_000

/** All of them: where a room says that it gives a part, it is asked for the rest (XEP-0059). No room is asked for pages that it may not know. */
export async function list(
  core: Asking,
  to: Jid,
  what: { readonly affiliation: Affiliation } | { readonly role: Role },
  options: WaitOptions = {},
): Promise<readonly RoomListing[]> {
  const question = mucAdmin.build({ items: [what] })
  const found: RoomListing[] = []
  const listed = pages(pageSize, async (set) => {
    const asked = found.length === 0 ? question : question.withChildren([...question.children, set])
    const answer = await core.request('get', asked, { ...options, to })
    return { items: readAnswer(answer, mucAdmin).items, set: answer?.child('set', RSM_NS) }
  })
  for await (const one of listed) if (found.push(one) === most) break
  return found
}

export async function setAffiliation(
  core: Asking,
  to: Jid,
  affiliation: Affiliation,
  who: OneOrMore<Person>,
  { reason, ...options }: ChangeOptions = {},
): Promise<undefined> {
  const items = many(who).map((one) => ({ jid: addressOf(one), affiliation, reason }))
  await change(core, to, items, options)
}

export async function setRole(
  core: Asking,
  to: Jid,
  role: Role,
  who: OneOrMore<string | Occupant>,
  { reason, ...options }: ChangeOptions = {},
): Promise<undefined> {
  const items = many(who).map((one) => ({ nick: one instanceof Occupant ? one.nick : one, role, reason }))
  await change(core, to, items, options)
}

/** One change in each request, as Prosody does the first of several alone; so many requests at a time. What was done before one is refused stays done. */
async function change(core: Asking, to: Jid, items: readonly MucItem[], options: WaitOptions): Promise<undefined> {
  for (let i = 0; i < items.length; i += atOnce) {
    const asked = items.slice(i, i + atOnce)
    await Promise.all(asked.map((item) => core.request('set', mucAdmin.build({ items: [item] }), { ...options, to })))
  }
}

function many<T>(who: OneOrMore<T>): readonly T[] {
  return Array.isArray(who) ? who : [who as T]
}

/** [XEP-0045 5.2] an affiliation is one of an account. */
function addressOf(who: Person): Jid {
  if (!(who instanceof Occupant)) return readJid(who).bare
  if (who.jid === undefined) throw new UsageError(`The room does not show you the address of ${who.nick}.`)
  return who.jid.bare
}
