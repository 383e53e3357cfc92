/** The archive as a feature of a client. */
import { defineExtension, type Extension, events } from '../../contract/extension.ts'
import { Archive, type ArchiveEvents } from './archive.ts'
import type { RepairOptions } from './repair.ts'

export {
  Archive,
  type ArchiveEvents,
  type ArchiveFilter,
  type ArchivePage,
  type PageOptions,
  type QueryOptions,
} from './archive.ts'
export { ArchivedMessage, type Mark } from './entry.ts'
export type { RepairOptions } from './repair.ts'

/** The archive with a policy of one's own: what to ask for when the client starts for the first time, or nothing by itself. */
/* @__NO_SIDE_EFFECTS__ */
export function archiveWith(options: RepairOptions): Extension<'archive', Archive, ArchiveEvents> {
  return defineExtension({
    name: 'archive',
    events: events<ArchiveEvents>(),
    start: (core) => new Archive(core, options),
  })
}

/** What was said, and that nothing is missed: a client that comes back gets everything since the last message it has dealt with, once. */
export const archive: Extension<'archive', Archive, ArchiveEvents> = archiveWith({})
