/**
 * Finds TCP ports on loopback that nobody listens on, below those that the kernel gives to outgoing connections: while a server is down nobody takes its
 * port, and a client that keeps trying does not by chance get connected to itself.
 */
import { createServer, type Server } from 'node:net'

/** Where a TCP server listens. */
export function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server without a port')
  return address.port
}

/** They differ; between this call and their use somebody else may take one, who draws the same. */
export async function quietPorts(count: number): Promise<number[]> {
  const found: number[] = []
  while (found.length < count) {
    const port = 15_000 + Math.floor(Math.random() * 15_000)
    if (!found.includes(port) && (await isFree(port))) found.push(port)
  }
  return found
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
