/** The storage contracts and their error, and what keeps in memory what was read lately; drivers are imported by name: `@rookery/storage/memory`, `@rookery/storage/sqlite`. */
export type {
  Account,
  AccountStore,
  ArchiveBounds,
  ArchiveEntry,
  ArchiveFilter,
  ArchivePage,
  ArchiveStore,
  Credential,
  CredentialMechanism,
  DocumentInfo,
  DocumentStore,
  HostStorage,
  NewArchiveEntry,
  OfflineEntry,
  OfflineLimit,
  OfflineStore,
  QueuedStanza,
  ResumptionStore,
  RosterChange,
  RosterItem,
  RosterStore,
  Storage,
  StoredSession,
  StoreSize,
  Subscription,
} from './contracts.ts'
export { StorageError, type StorageErrorFacts, type StorageErrorKind } from './error.ts'
export { SEARCH_WORD_LENGTH, SEARCH_WORDS } from './limits.ts'
export { RecentMap } from './recent-map.ts'
