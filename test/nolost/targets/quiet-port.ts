/**
 * A port below those that the kernel gives to outgoing connections: while the server is down nobody takes it, and a client that keeps trying
 * does not by chance get connected to itself.
 */
import { createServer } from 'node:net'

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })

export async function quietPorts(count: number): Promise<number[]> {
  const found: number[] = []
  while (found.length < count) {
    const port = 15_000 + Math.floor(Math.random() * 15_000)
    if (!found.includes(port) && (await isFree(port))) found.push(port)
  }
  return found
}
