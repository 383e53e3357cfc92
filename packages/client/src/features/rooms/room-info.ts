/** What a room says of itself to who asks, in it or not (XEP-0045 6.4). */
import { firstValueOf, formTypeOf } from '@rookery/protocol/forms'
import type { Jid } from '@rookery/protocol/jid'
import { MUC_ROOM_INFO, type MucRoomInfoField } from '@rookery/protocol/xeps/muc-forms'
import type { DiscoInfo } from '../disco.ts'

export interface RoomInfo {
  readonly address: Jid
  readonly name: string | undefined
  readonly description: string | undefined
  readonly subject: string | undefined
  readonly language: string | undefined
  /** How many are there. */
  readonly occupants: number | undefined
  readonly isMembersOnly: boolean
  readonly needsPassword: boolean
  /** Only who has voice may speak. */
  readonly isModerated: boolean
  /** It stays when nobody is there. */
  readonly isPersistent: boolean
  /** It is in the list of its service. */
  readonly isPublic: boolean
  /** Everybody sees the address of everybody. */
  readonly isNonAnonymous: boolean
  /** Where what is said can be read by others. */
  readonly logs: string | undefined
  /** Namespaces and words; `urn:xmpp:mam:2`, … */
  readonly features: ReadonlySet<string>
}

export function readRoomInfo(address: Jid, { identities, features: all, forms }: DiscoInfo): RoomInfo {
  const features = new Set(all)
  const form = forms.find((one) => formTypeOf(one) === MUC_ROOM_INFO)
  const value = (name: MucRoomInfoField): string | undefined =>
    form === undefined ? undefined : firstValueOf(form, name) || undefined
  const occupants = Number.parseInt(value('muc#roominfo_occupants') ?? '', 10)
  return {
    address,
    name: identities.find(({ category }) => category === 'conference')?.name,
    description: value('muc#roominfo_description'),
    subject: value('muc#roominfo_subject'),
    language: value('muc#roominfo_lang'),
    occupants: occupants >= 0 ? occupants : undefined,
    isMembersOnly: features.has('muc_membersonly'),
    needsPassword: features.has('muc_passwordprotected'),
    isModerated: features.has('muc_moderated'),
    isPersistent: features.has('muc_persistent'),
    isPublic: features.has('muc_public'),
    isNonAnonymous: features.has('muc_nonanonymous'),
    logs: value('muc#roominfo_logs'),
    features,
  }
}
