/** A feature of your own in one file: what is written to the server's own address comes back. */
import { createServer, type Feature, feature } from '@rookery/server'

const echo: Feature = feature({
  name: 'echo',
  summary: 'Sends messages to the host back to their sender.',
  specifications: [],
  needs: ['host', 'route'],
  start: ({ host, route }) => ({
    hostMessage(message) {
      if (message.type === 'error' || message.from === undefined) return false
      route(message.with({ from: host.jid, to: message.from }))
      return true
    },
  }),
})

const server = await createServer({
  hosts: ['localhost'],
  listen: { address: '127.0.0.1', c2s: 0, tls: false, http: false, https: false },
  tls: { required: false }, // for a trial on this machine: log in without TLS
  auth: { plainWithoutTls: true },
  plugins: [echo],
})
await server.start()
await server.accounts('localhost').create('romeo', 'wherefore-art-thou')
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.stop())
console.log(`write to localhost as romeo@localhost, port ${server.endpoints[0]?.port}`)
