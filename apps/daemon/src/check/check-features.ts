/** Do the features fit together, with their settings? Puts a server together in memory, as the start would, and listens nowhere. */
import { createServer } from '@rookery/server'
import type { DaemonConfig } from '../config/schema.ts'
import { explain } from '../failure.ts'
import type { Finding } from './finding.ts'

export async function checkFeatures({ data: _, log: __, ...config }: DaemonConfig): Promise<Finding[]> {
  const server = await createServer(config)
  try {
    await server.open()
    return []
  } catch (error) {
    const text = explain(error)
    if (text === undefined) throw error
    return [{ area: 'config', level: 'error', text, fix: 'Correct it in the file.' }]
  } finally {
    await server.stop()
  }
}
