/** The stores of one host as the server sees them: each call becomes one flat operation, each answer the shape of the contract. */
import type {
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
  StoreSize,
  Subscription,
} from '../contracts.ts'
import { archiveStore, sweepArchives } from './archive-store.ts'
import { asBoolean, asLimit, asNothing, asNumber, asText, code } from './flat.ts'
import { APPROVED, ASK, LISTED, type Value } from './message.ts'
import { resumptionStore } from './resumption-store.ts'
import type { Submit } from './storage.ts'

export function hostStores(domain: string, submit: Submit): HostStorage {
  return {
    accounts: accountStore(domain, submit),
    roster: rosterStore(domain, submit),
    offline: offlineStore(domain, submit),
    documents: documentStore(domain, submit),
    archive: archiveStore(domain, submit),
    resumption: resumptionStore(domain, submit),
  }
}

const ACCOUNTS_GET = code('accounts.get')
const ACCOUNTS_CREATE = code('accounts.create')
const ACCOUNTS_SET_CREDENTIALS = code('accounts.setCredentials')
const ACCOUNTS_REMOVE = code('accounts.remove')
const ACCOUNTS_LIST = code('accounts.list')
const ACCOUNTS_COUNT = code('accounts.count')

function accountStore(domain: string, submit: Submit): AccountStore {
  return {
    get: (local) => submit(ACCOUNTS_GET, [domain, local], (value) => asAccount(local, value)),
    create: ({ local, created, credentials }) =>
      submit(ACCOUNTS_CREATE, [domain, local, created, flatCredentials(credentials)], asBoolean),
    setCredentials: (local, credentials, expected) => {
      const args = [domain, local, flatCredentials(credentials), expected && flatCredentials(expected)]
      return submit(ACCOUNTS_SET_CREDENTIALS, args, asBoolean)
    },
    remove: (local) =>
      submit(ACCOUNTS_REMOVE, [domain, local], (value) => {
        void sweepArchives(submit)
        return asBoolean(value)
      }),
    list: ({ after, limit }) => submit(ACCOUNTS_LIST, [domain, after, asLimit(limit)], (value) => value as string[]),
    count: () => submit(ACCOUNTS_COUNT, [domain], asNumber),
  }
}

function flatCredentials(credentials: readonly Credential[]): Value[] {
  return credentials.flatMap((one) => [
    one.mechanism,
    bytes(one.salt),
    one.iterations,
    bytes(one.storedKey),
    bytes(one.serverKey),
  ])
}

/** A copy of its own: a view would be posted with the whole buffer behind it. */
const bytes = (view: Uint8Array): Uint8Array => new Uint8Array(view)

function asAccount(local: string, value: Value): Account | undefined {
  if (value === undefined) return undefined
  const [created, ...cells] = value as [number, ...Value[]]
  const credentials: Credential[] = []
  for (let i = 0; i < cells.length; i += 5) {
    credentials.push({
      mechanism: cells[i] as CredentialMechanism,
      salt: cells[i + 1] as Uint8Array,
      iterations: cells[i + 2] as number,
      storedKey: cells[i + 3] as Uint8Array,
      serverKey: cells[i + 4] as Uint8Array,
    })
  }
  return { local, created, credentials }
}

const ROSTER_LOAD = code('roster.load')
const ROSTER_PUT = code('roster.put')
const ROSTER_REMOVE = code('roster.remove')
const ROSTER_CHANGES_SINCE = code('roster.changesSince')

function rosterStore(domain: string, submit: Submit): RosterStore {
  return {
    load: (local) => submit(ROSTER_LOAD, [domain, local], asRoster),
    put: (local, item) => {
      const { jid, name = null, groups, subscription, ask, approved, pendingIn = null, listed } = item
      const flags = (listed ? LISTED : 0) | (ask ? ASK : 0) | (approved ? APPROVED : 0)
      const args = [
        domain,
        local,
        jid,
        name,
        groups.length === 0 ? '' : JSON.stringify(groups),
        subscription,
        flags,
        pendingIn,
      ]
      return submit(ROSTER_PUT, args, asNumber)
    },
    remove: (local, jid) => submit(ROSTER_REMOVE, [domain, local, jid], asNumber),
    changesSince: (local, version) => submit(ROSTER_CHANGES_SINCE, [domain, local, version], asChanges),
  }
}

/** Cells per item in an answer: version, jid, name, groups, subscription, flags, pendingIn. */
const ITEM_CELLS = 7

function asRoster(value: Value): { version: number; items: RosterItem[] } {
  const [version, ...cells] = value as [number, ...Value[]]
  const items: RosterItem[] = []
  for (let i = 0; i < cells.length; i += ITEM_CELLS) items.push(asItem(cells, i))
  return { version, items }
}

function asChanges(value: Value): { version: number; changes: RosterChange[] } | undefined {
  if (value === undefined) return undefined
  const [version, ...cells] = value as [number, ...Value[]]
  const changes: RosterChange[] = []
  for (let i = 0; i < cells.length; i += ITEM_CELLS) {
    const change = { version: cells[i] as number, jid: cells[i + 1] as string }
    changes.push(cells[i + 4] === null ? change : { ...change, item: asItem(cells, i) })
  }
  return { version, changes }
}

function asItem(cells: readonly Value[], at: number): RosterItem {
  const name = cells[at + 2] as string | null
  const groups = cells[at + 3] as string
  const flags = cells[at + 5] as number
  const pendingIn = cells[at + 6] as string | null
  return {
    jid: cells[at + 1] as string,
    ...(name === null ? undefined : { name }),
    groups: groups === '' ? [] : (JSON.parse(groups) as string[]),
    subscription: cells[at + 4] as Subscription,
    ask: (flags & ASK) !== 0,
    approved: (flags & APPROVED) !== 0,
    ...(pendingIn === null ? undefined : { pendingIn }),
    listed: (flags & LISTED) !== 0,
  }
}

const OFFLINE_APPEND = code('offline.append')
const OFFLINE_READ = code('offline.read')
const OFFLINE_REMOVE = code('offline.remove')
const OFFLINE_LAST_ID = code('offline.lastId')
const OFFLINE_SIZE = code('offline.size')

function offlineStore(domain: string, submit: Submit): OfflineStore {
  return {
    lastId: () => submit(OFFLINE_LAST_ID, [domain], asNumber),
    append: (local, { id, stanza, at }, { count, bytes }: OfflineLimit) =>
      submit(OFFLINE_APPEND, [domain, local, id, stanza, at, count, bytes], (stored) => (stored ? 'stored' : 'full')),
    read: (local, after, limit) => submit(OFFLINE_READ, [domain, local, after, asLimit(limit)], asEntries),
    remove: (local, ids) => submit(OFFLINE_REMOVE, [domain, local, [...ids]], asNothing),
    size: (local) => submit(OFFLINE_SIZE, [domain, local], asSize),
  }
}

function asEntries(value: Value): OfflineEntry[] {
  const cells = value as Value[]
  const entries: OfflineEntry[] = []
  for (let i = 0; i < cells.length; i += 3)
    entries.push({ id: cells[i] as number, at: cells[i + 1] as number, stanza: cells[i + 2] as string })
  return entries
}

function asSize(value: Value): StoreSize {
  const [count, bytes] = value as [number, number]
  return { count, bytes }
}

const DOCUMENTS_GET = code('documents.get')
const DOCUMENTS_PUT = code('documents.put')
const DOCUMENTS_REMOVE = code('documents.remove')
const DOCUMENTS_LIST = code('documents.list')

function documentStore(domain: string, submit: Submit): DocumentStore {
  return {
    get: (owner, key) => submit(DOCUMENTS_GET, [domain, owner, key], asText),
    put: (owner, key, value) => submit(DOCUMENTS_PUT, [domain, owner, key, value], asNothing),
    remove: (owner, key) => submit(DOCUMENTS_REMOVE, [domain, owner, key], asBoolean),
    list: (owner) => submit(DOCUMENTS_LIST, [domain, owner], asInfos),
  }
}

function asInfos(value: Value): DocumentInfo[] {
  const cells = value as Value[]
  const infos: DocumentInfo[] = []
  for (let i = 0; i < cells.length; i += 2) infos.push({ key: cells[i] as string, bytes: cells[i + 1] as number })
  return infos
}
