/** Holiday notes, step 4: a server that has the feature. */
import { createServer } from '@rookery/server'
import { holiday } from '../step-3/holiday.ts'

const server = await createServer({
  hosts: ['localhost'],
  listen: { c2s: 0, tls: 0, http: 0, https: 0 },
  plugins: [holiday],
  features: { holiday: { longest: 200 } },
})
await server.start()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.stop())
console.log(`holiday notes on port ${server.endpoints[0]?.port}`)
