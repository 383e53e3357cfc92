/** The storage contracts and their error; drivers are imported by name: `@rookery/storage/memory`, `@rookery/storage/sqlite`. */
export type {
  Account,
  AccountStore,
  Credential,
  CredentialMechanism,
  DocumentInfo,
  DocumentStore,
  HostStorage,
  OfflineEntry,
  OfflineLimit,
  OfflineStore,
  RosterChange,
  RosterItem,
  RosterStore,
  Storage,
  StoreSize,
  Subscription,
} from './contracts.ts'
export { StorageError, type StorageErrorFacts, type StorageErrorKind } from './error.ts'
