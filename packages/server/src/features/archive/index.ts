/** The message archive, XEP-0313 1.1.3: what accounts send and receive, for all their clients to read again. Not the archives of rooms. */
import { StanzaError } from '@rookery/protocol/stanza'
import { FULLTEXT_NS, MAM_EXTENDED, MAM_GROUPCHAT_FIELD, MAM_NS } from '@rookery/protocol/xeps/mam'
import { RETRACTION_NS, RETRACTION_TOMBSTONE } from '@rookery/protocol/xeps/retraction'
import { STANZA_ID_NS } from '@rookery/protocol/xeps/stanza-id'
import { AccountDocuments } from '../../account-documents.ts'
import { type Feature, feature } from '../../feature.ts'
import { provide } from '../../service.ts'
import { archiveService } from '../../services/archive.ts'
import { rosterService } from '../../services/roster.ts'
import { config } from './config.ts'
import { Coverage, given, told } from './coverage.ts'
import { Keeping } from './keeping.ts'
import { Names } from './names.ts'
import { preferencesForm } from './preferences.ts'
import { Queries } from './queries.ts'
import { Requests } from './requests.ts'
import { Retention } from './retention.ts'
import { Revival } from './revival.ts'

const named = (name: string) => ({ at: 'account', payload: { name, ns: MAM_NS }, refusal }) as const
/** Whether the account exists or not. [XEP-0313 8.1, S95] */
const refusal = new StanzaError('forbidden')

export const archive: Feature = feature({
  name: 'archive',
  summary: 'Keeps the messages of accounts, for all their clients to read again.',
  specifications: [
    { number: 'XEP-0313', version: '1.1.3', status: 'complete', note: 'archives of accounts' },
    { number: 'XEP-0059', version: '1.0', status: 'complete', note: 'for archives' },
    { number: 'XEP-0297', version: '1.0', status: 'partial', note: 'as the form of results' },
    { number: 'XEP-0334', version: '1.0.0', status: 'partial', note: 'no-store, no-permanent-store, store' },
    { number: 'XEP-0359', version: '0.7.0', status: 'complete' },
    { number: 'XEP-0424', version: '0.4.2', status: 'complete', note: 'tombstones; also in the form of version 0.3' },
    { number: 'XEP-0431', version: '0.2.0', status: 'complete' },
    { number: 'XEP-0441', version: '0.2.0', status: 'complete' },
  ],
  config,
  needs: ['archive', 'archiveIds', 'spool', 'documents', 'services', 'sessions', 'clock', 'log'],
  uses: [rosterService],
  disco: {
    // [XEP-0313 7] has it at the account; clients as profanity 0.15 look only at the host, as they may with ejabberd
    host: [MAM_NS, RETRACTION_NS],
    account: [
      MAM_NS,
      MAM_EXTENDED,
      MAM_GROUPCHAT_FIELD,
      STANZA_ID_NS,
      RETRACTION_NS,
      RETRACTION_TOMBSTONE,
      FULLTEXT_NS,
    ],
  },
  slots: [given, told],
  start({ archive: store, archiveIds: ids, spool, documents, services, sessions, clock, log }, settings) {
    let opened: Names | undefined
    const names = (): Names => opened!
    const preferences = new AccountDocuments(documents, preferencesForm(settings.default), 200_000)
    const keeping = new Keeping({
      store,
      ids,
      spool,
      names,
      preferences,
      sessions,
      roster: () => services.use(rosterService),
    })
    const coverage = new Coverage({ store, ids, names })
    const sizes = { usual: Math.min(settings.pageSize, settings.maxPageSize), most: settings.maxPageSize }
    const queries = new Queries({ store, names, sessions, sizes, given: coverage.note })
    const requests = new Requests({ store, names, preferences, mostAddresses: settings.preferences })
    const revival = new Revival({ store, ids, names, sessions })
    const retention = new Retention(store, settings, { clock, log })
    return {
      async ready() {
        opened = await Names.open(documents)
        retention.start()
        return undefined
      },
      iq: [
        { ...named('query'), type: 'get', handle: requests.form },
        { ...named('query'), type: 'set', handle: queries.answer },
        { ...named('metadata'), type: 'get', handle: requests.metadata },
        { ...named('prefs'), type: 'get', handle: requests.preferences },
        { ...named('prefs'), type: 'set', handle: requests.setPreferences },
      ],
      screen: keeping.screen,
      stamp: keeping.stamp,
      archive: keeping.archive,
      session: { revived: revival.revived },
      lost: revival.lost,
      async bound(session) {
        const bounds = await store.bounds(session.account.local)
        session.set(told, bounds?.last.id ?? 0)
        return requests.metadataOf(bounds)
      },
      provides: [
        provide(archiveService, {
          idOf: (trip) => keeping.idOf(trip),
          isCovered: (session, id) => coverage.has(session, id),
        }),
      ],
      accountRemoved: (local) => preferences.forget(local),
      stop() {
        retention.stop()
        return undefined
      },
    }
  },
})
