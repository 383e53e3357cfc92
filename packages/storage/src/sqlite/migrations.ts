/**
 * The schema, as numbered steps: step n brings a database from `PRAGMA user_version` n-1 to n. Released steps are never edited; a change
 * is a new step at the end.
 *
 * Why not kysely's migrator here: it is asynchronous and brings its own tables and locks, while these steps run once, in the worker,
 * synchronously, in one transaction together with the version they lead to. SQLite has all that is needed.
 *
 * Every JID, local and domain is text once, in `jid`, and an integer everywhere else. `owner` is the id of `local@domain`, or of the
 * domain for what the host itself owns. Rows are clustered by owner (WITHOUT ROWID): what one account owns lies together.
 */
import type { DatabaseSync } from 'node:sqlite'
import { StorageError } from '../error.ts'

export const MIGRATIONS: readonly string[] = [
  // 1: accounts
  `CREATE TABLE jid (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
   CREATE TABLE account (
     host INTEGER NOT NULL, local TEXT NOT NULL, owner INTEGER NOT NULL, created INTEGER NOT NULL,
     PRIMARY KEY (host, local)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE credential (
     owner INTEGER NOT NULL, position INTEGER NOT NULL, mechanism TEXT NOT NULL, salt BLOB NOT NULL, iterations INTEGER NOT NULL,
     stored_key BLOB NOT NULL, server_key BLOB NOT NULL,
     PRIMARY KEY (owner, position)
   ) STRICT, WITHOUT ROWID;`,

  // 2: rosters; groups is '' or a JSON array, flags as in message.ts, pending_in wire XML; floor: changes since before it are forgotten
  `CREATE TABLE roster (owner INTEGER PRIMARY KEY, version INTEGER NOT NULL, floor INTEGER NOT NULL) STRICT;
   CREATE TABLE roster_item (
     owner INTEGER NOT NULL, contact INTEGER NOT NULL, version INTEGER NOT NULL, name TEXT, groups TEXT NOT NULL,
     subscription TEXT NOT NULL, flags INTEGER NOT NULL, pending_in ANY,
     PRIMARY KEY (owner, contact)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE roster_removed (
     owner INTEGER NOT NULL, contact INTEGER NOT NULL, version INTEGER NOT NULL,
     PRIMARY KEY (owner, contact)
   ) STRICT, WITHOUT ROWID;`,

  // 3: offline queues; entries in order of arrival, whoever they are for: a burst for many fills few pages; AUTOINCREMENT: no seq twice
  `CREATE TABLE offline_queue (owner INTEGER PRIMARY KEY, count INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
   CREATE TABLE offline_entry (
     seq INTEGER PRIMARY KEY AUTOINCREMENT, owner INTEGER NOT NULL, at INTEGER NOT NULL, stanza ANY NOT NULL
   ) STRICT;
   CREATE INDEX offline_entry_owner ON offline_entry (owner);`,

  // 4: documents
  `CREATE TABLE document (
     owner INTEGER NOT NULL, key TEXT NOT NULL, value ANY NOT NULL,
     PRIMARY KEY (owner, key)
   ) STRICT, WITHOUT ROWID;`,

  // 5: resumable sessions; the counts, which change all the time, are apart and narrow; queues of all sessions in order of arrival
  `CREATE TABLE resumption (
     session INTEGER PRIMARY KEY, host INTEGER NOT NULL, id TEXT NOT NULL, owner INTEGER NOT NULL, local TEXT NOT NULL,
     resource TEXT NOT NULL, until INTEGER NOT NULL, state ANY NOT NULL,
     UNIQUE (host, id)
   ) STRICT;
   CREATE INDEX resumption_owner ON resumption (owner);
   CREATE TABLE resumption_count (
     session INTEGER PRIMARY KEY, handled INTEGER NOT NULL, acknowledged INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE resumption_stanza (
     session INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, stanza ANY NOT NULL,
     UNIQUE (session, seq)
   ) STRICT;`,

  // 6: archives, see tables/archive-messages.ts
  `CREATE TABLE archive_state (
     one INTEGER PRIMARY KEY CHECK (one = 1), last_id INTEGER NOT NULL, merged INTEGER NOT NULL, hash_key BLOB NOT NULL
   ) STRICT;
   INSERT INTO archive_state VALUES (1, 0, 0, randomblob(8));
   CREATE TABLE archive (
     account INTEGER PRIMARY KEY, host INTEGER NOT NULL, owner INTEGER, count INTEGER NOT NULL, bytes INTEGER NOT NULL,
     counted INTEGER NOT NULL, oldest INTEGER NOT NULL, indexed INTEGER NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX archive_owner ON archive (owner);
   CREATE INDEX archive_host ON archive (host);
   CREATE TABLE archive_message (
     id INTEGER PRIMARY KEY, account INTEGER NOT NULL, peer INTEGER NOT NULL, flags INTEGER NOT NULL, at INTEGER NOT NULL,
     name TEXT, stanza ANY NOT NULL
   ) STRICT;
   CREATE TABLE archive_by_account (account INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (account, id)) STRICT, WITHOUT ROWID;
   CREATE TABLE archive_by_peer (
     account INTEGER NOT NULL, peer INTEGER NOT NULL, id INTEGER NOT NULL,
     PRIMARY KEY (account, peer, id)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE archive_by_name (hash INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (hash, id)) STRICT, WITHOUT ROWID;
   CREATE VIRTUAL TABLE archive_words USING fts5 (
     words, content = '', contentless_delete = 1, tokenize = "ascii tokenchars '_'"
   );`,

  // 7: messages in offline queues and in those of sessions are known by the same ids, which the caller makes; taken: by another client of the account
  `CREATE TABLE offline_kept (
     id INTEGER PRIMARY KEY, owner INTEGER NOT NULL, at INTEGER NOT NULL, stanza ANY NOT NULL
   ) STRICT;
   INSERT INTO offline_kept SELECT seq, owner, at, stanza FROM offline_entry;
   DROP TABLE offline_entry;
   ALTER TABLE offline_kept RENAME TO offline_entry;
   CREATE INDEX offline_entry_owner ON offline_entry (owner);
   ALTER TABLE resumption_stanza ADD COLUMN id INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE resumption_stanza ADD COLUMN taken INTEGER NOT NULL DEFAULT 0;
   CREATE INDEX resumption_stanza_id ON resumption_stanza (id) WHERE id <> 0;`,

  // 8: how far clients have got what is in the archive
  'ALTER TABLE resumption_count ADD COLUMN reached INTEGER NOT NULL DEFAULT 0;',
]

/** "Rook", so that we never write into somebody else's database. */
const APPLICATION_ID = 0x526f6f6b

/** Brings the schema to the newest step, all or nothing. The path is for the errors. */
export function migrate(database: DatabaseSync, path: string, steps: readonly string[] = MIGRATIONS): void {
  // Also proves that we may write: a file opened read-only fails here. [SQLite: lang_transaction]
  database.exec('BEGIN EXCLUSIVE')
  try {
    const version = pragma(database, 'user_version')
    const isNew = version === 0 && pragma(database, 'schema_version') === 0
    if (!isNew && pragma(database, 'application_id') !== APPLICATION_ID) throw foreignDatabase(path)
    if (version > steps.length) throw newerSchema(path, version, steps.length)
    for (const step of steps.slice(version)) database.exec(step)
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${steps.length}`)
    database.exec('COMMIT')
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0])
}

function foreignDatabase(path: string): StorageError {
  return new StorageError('corrupt', {
    problem: `${path} is a database of another program.`,
    advice: 'Give the server a data folder of its own.',
    path,
  })
}

function newerSchema(path: string, version: number, known: number): StorageError {
  return new StorageError('schema', {
    problem: `${path} was written by a newer version (schema ${version}, this version knows ${known}).`,
    advice: 'Install that version again, or restore a backup made before the upgrade.',
    path,
  })
}
