/** Avatars: the nodes of XEP-0084, and the cards of XEP-0153 where there are none. */
import { defineExtension, type Extension, events } from '../../contract/extension.ts'
import { type AvatarEvents, Avatars } from './avatars.ts'

export {
  type Avatar,
  type AvatarEvents,
  type AvatarInfo,
  type AvatarPublishOptions,
  Avatars,
  type Picture,
} from './avatars.ts'

/** Pictures of people. */
export const avatars: Extension<'avatars', Avatars, AvatarEvents> = defineExtension({
  name: 'avatars',
  events: events<AvatarEvents>(),
  start: (core) => new Avatars(core),
})
