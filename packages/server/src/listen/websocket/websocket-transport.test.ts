import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { describe, test } from 'node:test'
import type { WebSocket } from 'ws'
import { textFrame } from './frames.ts'
import { WebSocketTransport } from './websocket-transport.ts'

/** The library's side, and the socket, as far as the transport uses them. */
class Below extends EventEmitter {
  readonly OPEN = 1
  readonly CLOSED = 3
  readyState = 1
  isPaused = false
  writableLength = 0
  takes = true
  readonly written: string[] = []
  readonly did: string[] = []
  ping = (): void => void this.did.push('ping')
  pong = (): void => void this.did.push('pong')
  terminate = (): void => void this.did.push('terminate')
  write(wire: string): boolean {
    this.written.push(wire)
    return this.takes
  }
}

function made(): { below: Below; transport: WebSocketTransport; told: string[] } {
  const below = new Below()
  const peer = { address: '192.0.2.1', tls: undefined, isLocal: false, isProxied: false }
  const transport = new WebSocketTransport(below as unknown as WebSocket, below as unknown as Socket, peer)
  const told: string[] = []
  transport.attach({
    data: (wire) => void told.push(wire),
    drained: () => void told.push('drained'),
    closed: () => void told.push('closed'),
  })
  return { below, transport, told }
}

describe('what is written', () => {
  test('goes out as a frame for each element, all in one write', () => {
    const { below, transport } = made()
    assert.equal(transport.write('<a/>\0<b/>\0'), true)
    assert.deepEqual(below.written, ['\u0081\u0004<a/>\u0081\u0004<b/>'])
  })

  test('waits for the end of its element, wherever it is cut', () => {
    const wire = '<a>one</a>\0<b/>\0'
    for (let cut = 1; cut < wire.length; cut++) {
      const { below, transport } = made()
      transport.write(wire.slice(0, cut))
      const whole = wire.slice(0, cut).lastIndexOf('\0') + 1
      assert.equal(transport.pending, cut - whole)
      transport.write(wire.slice(cut))
      assert.equal(below.written.join(''), textFrame('<a>one</a>') + textFrame('<b/>'))
      assert.equal(transport.pending, 0)
    }
  })

  test('tells when the socket takes no more, and when it does again', () => {
    const { below, transport, told } = made()
    below.takes = false
    assert.equal(transport.write('<a/>\0'), false)
    below.emit('drain')
    assert.deepEqual(told, ['drained'])
  })

  test('does not come behind the closing frame of the client', async () => {
    const { below, transport, told } = made()
    below.readyState = 2
    assert.equal(transport.write('<a/>\0'), false)
    await Promise.resolve()
    assert.deepEqual([below.written, told], [[], ['closed']])
  })
})

test('a frame has the shortest length that holds it [RFC6455 5.2]', () => {
  const head = (length: number): number[] =>
    [...textFrame('x'.repeat(length)).slice(0, -length)].map((c) => c.charCodeAt(0))
  assert.deepEqual(head(1), [0x81, 1])
  assert.deepEqual(head(125), [0x81, 125])
  assert.deepEqual(head(126), [0x81, 126, 0, 126])
  assert.deepEqual(head(65_535), [0x81, 126, 255, 255])
  assert.deepEqual(head(65_536), [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0])
})

describe('a silent client', () => {
  test('is asked once, then taken for gone', () => {
    const { below, transport } = made()
    for (let i = 0; i < 3; i++) transport.look()
    assert.deepEqual(below.did, ['ping', 'terminate'])
  })

  test('stays if it answers, and is asked again later', () => {
    const { below, transport } = made()
    for (let i = 0; i < 6; i++) {
      transport.look()
      if (below.did.at(-1) === 'ping') below.emit('pong')
    }
    assert.deepEqual([...new Set(below.did)], ['ping'])
  })

  test('is not blamed while nobody reads what it sends', () => {
    const { below, transport } = made()
    below.isPaused = true
    for (let i = 0; i < 4; i++) transport.look()
    assert.deepEqual(below.did, [])
  })
})

test('a client that reads nothing gets no pongs piled up', () => {
  const { below } = made()
  below.emit('ping', Buffer.from('a'))
  below.writableLength = 100_000
  below.emit('ping', Buffer.from('b'))
  assert.deepEqual(below.did, ['pong'])
})
