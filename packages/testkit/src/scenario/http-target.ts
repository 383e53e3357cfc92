/** This server in the same process, with its HTTP port alone. The first host is HOST, the second OTHERHOST. */
import { createServer, type ServerConfig, type ServerOptions } from '@rookery/server'
import type { RawConnection, Target } from './target.ts'

export const startHttpTarget = async (
  name: string,
  options: ServerOptions,
  connect: (port: number, config: ServerConfig) => Promise<RawConnection>,
): Promise<Target> => {
  const server = await createServer({
    hosts: ['localhost', 'example.test'],
    ...options,
    listen: { c2s: false, tls: false, https: false, http: 0, httpAddress: '127.0.0.1' },
    auth: { iterations: 4096, hashes: ['SHA-1', 'SHA-256'], ...options.auth },
  })
  await server.start()
  const [host = 'localhost', secondHost] = server.config.hosts
  const { port } = server.endpoints[0]!
  return {
    name,
    host,
    hasSasl2: true,
    ...(secondHost === undefined ? {} : { secondHost }),
    connect: () => connect(port, server.config),
    createAccount: async (local, password, domain) => {
      if (!(await server.accounts(domain).create(local, password)))
        throw new Error(`there is an account ${local} already`)
    },
    stop: () => server.stop(),
  }
}
