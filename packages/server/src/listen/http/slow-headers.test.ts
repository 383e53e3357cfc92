/** In a file of its own because it waits for ten real seconds: the limit is kept by Node.js, which knows no other clock. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { createServer, type Server } from '@rookery/server'
import { portOf } from '../../../test/websocket-client.ts'

/** What comes back for bytes written by hand, until the end. */
function talk(server: Server): { socket: Socket; received: Promise<string> } {
  const socket = connect(portOf(server, 'http'), '127.0.0.1')
  let text = ''
  socket.on('data', (bytes) => (text += bytes))
  socket.on('error', () => undefined)
  return { socket, received: once(socket, 'close').then(() => text) }
}

test('headers that come slowly, or not at all, end the connection (S119)', async () => {
  const listen = {
    address: '127.0.0.1',
    c2s: false,
    tls: false,
    http: 0,
    httpAddress: '127.0.0.1',
    https: false,
  } as const
  await using server = await createServer({ listen })
  await server.start()
  const slow = talk(server)
  const silent = talk(server)
  slow.socket.write('GET / HTTP/1.1\r\nHost: x\r\n')
  const drip = setInterval(() => slow.socket.write('A: b\r\n'), 500)
  slow.socket.once('close', () => clearInterval(drip))
  assert.match(await slow.received, /^HTTP\/1\.1 408 /)
  await silent.received
})
