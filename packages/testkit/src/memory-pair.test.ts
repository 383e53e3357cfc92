import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TransportSink } from '@rookery/server'
import { memoryPair } from './index.ts'

const turns = async (count = 4): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** A pair, and what each end has seen in order. */
function pair() {
  const { client, server } = memoryPair('192.0.2.1')
  const log: string[] = []
  const sink: TransportSink = {
    data: (wire) => log.push(`server ${wire}`),
    drained: () => log.push('server drained'),
    closed: () => log.push('server closed'),
  }
  server.attach(sink)
  client.onData((wire) => log.push(`client ${wire}`))
  client.onClose(() => log.push('client closed'))
  return { client, server, log }
}

describe('a pair', () => {
  test('carries both ways, in order, and never within the call', async () => {
    const { client, server, log } = pair()
    for (const text of ['a', 'b']) client.send(text)
    for (const text of ['c', 'd']) server.write(text)
    assert.equal(log.length, 0)
    await turns()
    assert.deepEqual(
      log.filter((line) => line.startsWith('server')),
      ['server a', 'server b'],
    )
    assert.deepEqual(
      log.filter((line) => line.startsWith('client')),
      ['client c', 'client d'],
    )
  })

  test('keeps what comes before somebody listens', async () => {
    const { client, server } = memoryPair()
    client.send('early')
    await turns()
    const seen: string[] = []
    server.attach({ data: (wire) => seen.push(wire), drained: () => undefined, closed: () => undefined })
    await turns()
    assert.deepEqual(seen, ['early'])
  })

  test('says where the client is from, and knows no TLS', () => {
    const { server } = pair()
    assert.equal(server.remoteAddress, '192.0.2.1')
    assert.equal(server.tls, undefined)
    assert.equal(server.canStartTls, false)
    assert.equal(memoryPair().server.remoteAddress, '127.0.0.1')
    let told: Error | undefined
    server.startTls('localhost', (error) => {
      told = error
    })
    assert.ok(told)
  })

  test('waits while the server is paused', async () => {
    const { client, server, log } = pair()
    server.pause()
    client.send('a')
    await turns()
    assert.deepEqual(log, [])
    server.resume()
    await turns()
    assert.deepEqual(log, ['server a'])
  })

  test('is paused within a delivery, too', async () => {
    const { client, server } = memoryPair()
    const seen: string[] = []
    server.attach({
      data: (wire) => {
        seen.push(wire)
        server.pause()
      },
      drained: () => undefined,
      closed: () => undefined,
    })
    client.send('a')
    client.send('b')
    await turns()
    assert.deepEqual(seen, ['a'])
    server.resume()
    await turns()
    assert.deepEqual(seen, ['a', 'b'])
  })

  test('closed in order, delivers what was sent; both ends are told once', async () => {
    for (const closer of ['client', 'server'] as const) {
      const { client, server, log } = pair()
      client.send('a')
      server.write('b')
      if (closer === 'client') client.close()
      else server.end()
      await turns()
      assert.deepEqual(log, ['client b', 'server a', 'server closed', 'client closed'], closer)
      client.send('late')
      server.write('late')
      client.destroy()
      await turns()
      assert.equal(log.length, 4)
    }
  })

  test('broken, delivers nothing more to the server', async () => {
    const { client, log } = pair()
    client.send('a')
    client.destroy()
    await turns()
    assert.deepEqual(log, ['server closed', 'client closed'])
  })

  test('tells of its end who asks late', async () => {
    const { client } = memoryPair()
    client.destroy()
    await turns()
    let isTold = false
    client.onClose(() => {
      isTold = true
    })
    await turns()
    assert.equal(isTold, true)
  })
})
