/** A server inside a program of your own: one account, ports of its own, ended by Ctrl-C. */
import { createServer } from '@rookery/server'

// 0 takes a free port; without `storage` everything is in memory, and gone when the program ends
const server = await createServer({ hosts: ['localhost'], listen: { c2s: 0, tls: 0, http: 0, https: 0 } })
await server.start()
await server.accounts('localhost').create('romeo', 'wherefore-art-thou')

// The streams end with <system-shutdown/>, then the sockets and the storage are closed.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, async () => {
    await server.stop()
    console.log('stopped')
  })

for (const { kind, address, port } of server.endpoints) console.log(`${kind} ${address} ${port}`)
console.log('romeo@localhost can log in')
