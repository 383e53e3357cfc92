import { rm } from 'node:fs/promises'
import { after } from 'node:test'
import { storageSuite } from '../suite.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { createSqliteStorage } from './index.ts'

const folders: string[] = []

storageSuite('SQLite', async () => {
  const folder = await temporaryFolder()
  folders.push(folder)
  const storage = createSqliteStorage({ folder })
  await storage.open()
  return storage
})

after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true })
})
