import assert from 'node:assert/strict'
import { closeSync, copyFileSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { Random } from '../random.ts'
import { committedPart, tearLog } from './wal.ts'

/** A database as a killed process leaves it: a copy taken while it is open. */
function leftBehind(folder: string, rows: number): string {
  const path = join(folder, 'live.db')
  const database = new DatabaseSync(path)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (n INTEGER)')
  for (let n = 0; n < rows; n++) database.exec(`INSERT INTO t VALUES (${n})`)
  copyFileSync(path, join(folder, 'dead.db'))
  copyFileSync(`${path}-wal`, join(folder, 'dead.db-wal'))
  database.close()
  return join(folder, 'dead.db')
}

test('a torn record behind the committed part of a log loses nothing of it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-wal-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (let seed = 1; seed <= 5; seed++) {
    const path = leftBehind(folder, 20)
    const random = new Random(seed)
    const file = openSync(`${path}-wal`, 'r')
    assert.ok(committedPart(file)!.frames >= 20)
    closeSync(file)
    tearLog(`${path}-wal`, () => random.fraction())
    const database = new DatabaseSync(path)
    assert.deepEqual({ ...database.prepare('SELECT count(*) AS n FROM t').get() }, { n: 20 })
    assert.deepEqual({ ...database.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' })
    database.close()
    rmSync(join(folder, 'live.db'))
  }
})
