import { rm } from 'node:fs/promises'
import { after } from 'node:test'
import type { Storage } from '../contracts.ts'
import { storageSuite } from '../suite.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { createSqliteStorage, type SqliteStorageOptions } from './index.ts'

const folders: string[] = []

async function open(options: Partial<SqliteStorageOptions>): Promise<Storage> {
  const folder = await temporaryFolder()
  folders.push(folder)
  const storage = createSqliteStorage({ folder, ...options })
  await storage.open()
  return storage
}

storageSuite('SQLite', () => open({}))
storageSuite('SQLite with archives that are merged all the time', () => open({ archiveTail: 3 }))

after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true })
})
