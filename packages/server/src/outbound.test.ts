import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TcpStream, type XmppStream } from '@rookery/protocol/stream'
import type { XmlLimits } from '@rookery/protocol/xml'
import { turns } from '../test/memory-server.ts'
import { Flusher, Outbound } from './outbound.ts'
import type { Transport } from './transport.ts'

/** A socket that takes what it is told to take; the rest waits. */
class Socket implements Transport {
  createStream(limits: XmlLimits): XmppStream {
    return new TcpStream(limits)
  }
  readonly remoteAddress = '127.0.0.1'
  readonly tls = undefined
  readonly canStartTls = false
  readonly startsWithTls = false
  readonly written: string[] = []
  /** Bytes that it still passes on at once. */
  room = Number.POSITIVE_INFINITY
  pending = 0

  write(wire: string): boolean {
    this.written.push(wire)
    const taken = Math.min(this.room, wire.length)
    this.room -= taken
    this.pending += wire.length - taken
    return this.pending === 0
  }
  attach(): void {}
  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {}
  startTls(): void {}
}

function outbound(bound = 1000) {
  const socket = new Socket()
  const state = { overflows: 0 }
  const made = new Outbound(socket, new Flusher(), bound, () => state.overflows++)
  return { socket, state, outbound: made }
}

describe('what is written', () => {
  test('goes out in one write for each turn of the event loop, in order', async () => {
    const { socket, outbound: out } = outbound()
    out.write('a')
    out.write('b')
    assert.deepEqual(socket.written, [])
    await turns(1)
    assert.deepEqual(socket.written, ['ab'])
    out.write('c')
    await turns(1)
    assert.deepEqual(socket.written, ['ab', 'c'])
  })

  test('goes before what is to come last, which is left out at the end of the stream', async () => {
    const { socket, outbound: out } = outbound()
    out.writeLast('<r/>')
    out.write('a')
    await turns(1)
    assert.deepEqual(socket.written, ['a<r/>'])
    out.writeLast('<r/>')
    out.write('</stream:stream>')
    out.end()
    await turns(1)
    assert.deepEqual(socket.written, ['a<r/>', '</stream:stream>'])
  })

  test('is gathered for many sockets alike', async () => {
    const flusher = new Flusher()
    const sockets = [new Socket(), new Socket()]
    const outs = sockets.map((socket) => new Outbound(socket, flusher, 1000, assert.fail))
    for (const text of ['a', 'b']) for (const out of outs) out.write(text)
    await turns(1)
    for (const socket of sockets) assert.deepEqual(socket.written, ['ab'])
  })

  test('goes out at once at the end, and nothing after it', async () => {
    const { socket, outbound: out } = outbound()
    out.write('a')
    out.end()
    assert.deepEqual(socket.written, ['a'])
    out.write('b')
    await turns(1)
    assert.deepEqual(socket.written, ['a'])
  })

  test('goes out at the end, also what a blocked socket left', () => {
    const { socket, outbound: out } = outbound()
    socket.room = 0
    out.write('a')
    out.flush()
    out.write('b')
    out.end()
    assert.deepEqual(socket.written, ['a', 'b'])
  })

  test('is dropped when the connection is gone', async () => {
    const { socket, outbound: out } = outbound()
    out.write('a')
    out.abandon()
    await turns(1)
    assert.deepEqual(socket.written, [])
  })
})

describe('the bound', () => {
  test('cuts a reader who leaves too much, once', async () => {
    const { socket, state, outbound: out } = outbound(100)
    socket.room = 0
    out.write('x'.repeat(60))
    await turns(1)
    assert.equal(out.isBlocked, true)
    out.write('x'.repeat(40))
    assert.equal(state.overflows, 0)
    out.write('x')
    assert.equal(state.overflows, 1)
    out.write('x'.repeat(1000))
    await turns(1)
    assert.equal(state.overflows, 1)
    assert.equal(socket.written.length, 1)
  })

  test('cuts within one turn, too, when the socket does not take it', () => {
    const { socket, state, outbound: out } = outbound(100)
    socket.room = 0
    for (let i = 0; i < 101; i++) out.write('x')
    assert.equal(state.overflows, 1)
  })

  test('does not cut a reader who takes all, however much comes in one turn', async () => {
    const { socket, state, outbound: out } = outbound(100)
    for (let i = 0; i < 50; i++) out.write('x'.repeat(30))
    out.write('x'.repeat(5000))
    await turns(1)
    assert.equal(state.overflows, 0)
    assert.equal(socket.written.join('').length, 6500)
  })

  test('counts anew when the reader has caught up', async () => {
    const { socket, state, outbound: out } = outbound(100)
    socket.room = 0
    out.write('x'.repeat(90))
    await turns(1)
    socket.room = Number.POSITIVE_INFINITY
    socket.pending = 0
    out.drained()
    assert.equal(out.isBlocked, false)
    out.write('x'.repeat(90))
    await turns(1)
    assert.equal(state.overflows, 0)
  })

  test('does not count what the client asked for, while it takes that at its own pace', () => {
    const { socket, state, outbound: out } = outbound(100)
    socket.room = 0
    out.write('x'.repeat(200_000), true)
    assert.equal(out.isBlocked, true)
    out.write('x'.repeat(90))
    assert.equal(state.overflows, 0)
    for (let i = 0; i < 3; i++) {
      socket.pending = 0
      out.drained()
    }
    out.write('x'.repeat(10))
    assert.equal(state.overflows, 0)
    assert.equal(out.isBlocked, true)
    out.write('x'.repeat(10_000))
    assert.equal(state.overflows, 1)
  })

  test('holds what the client asks for next before that cuts it', () => {
    const { socket, outbound: out } = outbound(100)
    socket.room = 0
    out.write('x'.repeat(120), true)
    assert.equal(out.isBehind, true)
    socket.pending = 0
    out.drained()
    assert.equal(out.isBehind, false)
  })

  test('gives the socket pieces, so that a slow reader is seen to read', () => {
    const { socket, outbound: out } = outbound(1_000_000)
    socket.room = 0
    out.write('x'.repeat(200_000))
    out.flush()
    const pieces: number[] = []
    for (;;) {
      pieces.push(socket.pending)
      if (pieces.length === 5) break
      socket.pending = 0
      out.drained()
    }
    assert.deepEqual(pieces, [65_536, 65_536, 65_536, 3392, 0])
    assert.equal(socket.written.join('').length, 200_000)
  })

  test('of 0 is none', async () => {
    const { socket, state, outbound: out } = outbound(0)
    socket.room = 0
    for (let i = 0; i < 10; i++) {
      out.write('x'.repeat(10_000))
      await turns(1)
    }
    assert.equal(state.overflows, 0)
  })
})

describe('who waits for bytes to be out', () => {
  const watch = (out: Outbound) => {
    const said: boolean[] = []
    out.flushed((sent) => said.push(sent))
    return said
  }

  test('is told at once when nothing waits', () => {
    assert.deepEqual(watch(outbound().outbound), [true])
  })

  test('is told after the write', async () => {
    const { outbound: out } = outbound()
    out.write('a')
    const said = watch(out)
    assert.deepEqual(said, [])
    await turns(1)
    assert.deepEqual(said, [true])
  })

  test('waits until the reader has taken what waits in the socket, once', async () => {
    const { socket, outbound: out } = outbound()
    socket.room = 0
    out.write('a')
    const said = watch(out)
    await turns(1)
    assert.deepEqual(said, [])
    socket.pending = 0
    out.drained()
    out.drained()
    assert.deepEqual(said, [true])
  })

  test('waits for what was written behind a blocked socket', async () => {
    const { socket, outbound: out } = outbound()
    socket.room = 0
    out.write('a')
    await turns(1)
    out.write('b')
    const said = watch(out)
    socket.pending = 0
    out.drained()
    assert.deepEqual(said, [])
    await turns(1)
    assert.deepEqual(said, [])
    socket.pending = 0
    out.drained()
    assert.deepEqual(said, [true])
  })

  test('is told when it cannot be any more', () => {
    const cut = outbound(100)
    cut.socket.room = 0
    cut.outbound.write('a')
    const waiting = watch(cut.outbound)
    cut.outbound.write('x'.repeat(1000))
    assert.deepEqual(waiting, [false])
    const gone = outbound()
    gone.outbound.write('a')
    const said = watch(gone.outbound)
    gone.outbound.abandon()
    assert.deepEqual(said, [false])
    assert.deepEqual(watch(gone.outbound), [false])
  })

  test('is told at the end, by what becomes of the bytes', () => {
    const read = outbound()
    read.outbound.write('a')
    const taken = watch(read.outbound)
    read.outbound.end()
    assert.deepEqual(taken, [true])
    const unread = outbound()
    unread.socket.room = 0
    unread.outbound.write('a')
    const left = watch(unread.outbound)
    unread.outbound.end()
    assert.deepEqual(left, [false])
  })
})
