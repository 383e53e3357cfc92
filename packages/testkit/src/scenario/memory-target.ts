/** This server in the same process, reached through memory: no sockets, no TLS, nothing kept. */
import { createServer, type ServerOptions } from '@rookery/server'
import { memoryPair } from '../memory-pair.ts'
import type { RawConnection, Target } from './target.ts'

/** Options of the server beside those that logging in without TLS needs. The first host is HOST, the second OTHERHOST. */
export const startMemoryTarget = async (options: ServerOptions = {}): Promise<Target> => {
  const server = await createServer({
    hosts: ['localhost', 'example.test'],
    ...options,
    tls: { required: false, ...options.tls },
    auth: { plainWithoutTls: true, iterations: 4096, hashes: ['SHA-1', 'SHA-256'], ...options.auth },
  })
  await server.open()
  const [host = 'localhost', secondHost] = server.config.hosts
  return {
    name: 'rookery',
    host,
    hasSasl2: true,
    ...(secondHost === undefined ? {} : { secondHost }),
    connect: async () => {
      const { client, server: transport } = memoryPair()
      const connection: RawConnection = {
        send: (wire) => client.send(wire),
        onData: () => {},
        onClose: () => {},
        close: () => client.close(),
        destroy: () => client.destroy(),
      }
      client.onData((wire) => connection.onData(wire))
      client.onClose(() => connection.onClose())
      server.attach(transport)
      return connection
    },
    createAccount: async (local, password, domain) => {
      if (!(await server.accounts(domain).create(local, password)))
        throw new Error(`there is an account ${local} already`)
    },
    stop: () => server.stop(),
  }
}
