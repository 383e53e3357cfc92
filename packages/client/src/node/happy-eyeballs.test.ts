import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { execPath } from 'node:process'
import { test } from 'node:test'
import { ConnectError } from '../contract/errors.ts'
import { type Address, connectTcp, interleave } from './happy-eyeballs.ts'

const never = new AbortController().signal
const four = (address: string): Address => ({ address, family: 4 })
const six = (address: string): Address => ({ address, family: 6 })

async function listen(host: string): Promise<Server & { port: number }> {
  const server = createServer((socket) => socket.end())
  server.listen(0, host)
  await once(server, 'listening')
  return Object.assign(server, { port: (server.address() as AddressInfo).port })
}

test('families take turns, beginning with the one that the system prefers', () => {
  const mixed = interleave([six('::1'), six('::2'), six('::3'), four('1.0.0.1')])
  assert.deepEqual(
    mixed.map(({ address }) => address),
    ['::1', '1.0.0.1', '::2', '::3'],
  )
})

test('an address that refuses gives way to the next at once', async (t) => {
  const server = await listen('127.0.0.1')
  t.after(() => server.close())
  const socket = await connectTcp('host', server.port, never, async () => [
    six('::1'),
    four('127.0.0.2'),
    four('127.0.0.1'),
  ])
  assert.equal(socket.remoteAddress, '127.0.0.1')
  socket.destroy()
})

test('all that refuse are one error, which says where', async (t) => {
  const server = await listen('127.0.0.1')
  t.after(() => server.close())
  const lookup = async () => [four('127.0.0.2'), four('127.0.0.3')]
  await assert.rejects(connectTcp('example.org', server.port, never, lookup), (error) => {
    assert.ok(error instanceof ConnectError)
    assert.equal(error.reason, 'unreachable')
    assert.match(error.message, /example\.org:\d+ \(ECONNREFUSED\)/)
    return true
  })
})

test('a name without addresses is told apart from a name server that does not answer', async () => {
  for (const [code, reason] of [
    ['ENOTFOUND', 'unknown-host'],
    ['EAI_AGAIN', 'unreachable'],
  ] as const)
    await assert.rejects(
      connectTcp('example.org', 1, never, () => Promise.reject(Object.assign(new Error(code), { code }))),
      { kind: 'connect', reason },
    )
})

test('a name server that answers with no address at all is not waited for', async () => {
  await assert.rejects(
    connectTcp('host', 5222, AbortSignal.timeout(5_000), async () => []),
    { reason: 'unknown-host' },
  )
})

test('the system knows the addresses of this machine', async (t) => {
  const server = await listen('localhost')
  t.after(() => server.close())
  const socket = await connectTcp('localhost', server.port, never)
  assert.ok(socket.remoteAddress)
  socket.destroy()
})

test('the signal ends the wait for the name server, with nothing left behind', async () => {
  const abort = new AbortController()
  const connecting = connectTcp('example.org', 1, abort.signal, () => new Promise(() => undefined))
  abort.abort(new ConnectError('timeout', 'too slow'))
  await assert.rejects(connecting, { kind: 'connect', reason: 'timeout' })
})

test('an address that says nothing is not waited for, nor given up while the next is tried', async (t) => {
  // a process that stands still, and whose queue of connections is full: to this machine's own network it is a black hole
  const script =
    "require('net').createServer().listen({ host: '127.0.0.2', port: 0, backlog: 1 }, function () { console.log(this.address().port) })"
  const deaf = spawn(execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => deaf.kill('SIGKILL'))
  const port = Number(String((await once(deaf.stdout, 'data'))[0]))
  deaf.kill('SIGSTOP')
  const fillers = Array.from({ length: 8 }, () => connect(port, '127.0.0.2').on('error', () => undefined))
  t.after(() => fillers.map((socket) => socket.destroy()))
  await Promise.all(fillers.slice(0, 2).map((socket) => once(socket, 'connect')))
  const server = createServer((socket) => socket.end())
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())

  const socket = await connectTcp('host', port, never, async () => [four('127.0.0.2'), four('127.0.0.1')])
  assert.equal(socket.remoteAddress, '127.0.0.1')
  socket.destroy()

  const abort = new AbortController()
  const alone = connectTcp('host', port, abort.signal, async () => [four('127.0.0.2')])
  abort.abort(new ConnectError('timeout', 'too slow'))
  await assert.rejects(alone, { kind: 'connect', reason: 'timeout' })
})
