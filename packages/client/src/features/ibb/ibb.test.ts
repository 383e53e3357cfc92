import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NS } from '@rookery/protocol'
import { IBB_NS, ibbClose, ibbData, ibbOpen } from '@rookery/protocol/xeps/ibb'
import { el } from '@rookery/protocol/xml'
import { startTestServer, type TestServer } from '@rookery/testkit'
import { HostileServer } from '../../../../../test/client/harness/hostile-server.ts'
import { acquaint, next, online } from '../../../test/online.ts'
import { DisconnectedError, defineExtension, ibb, RequestError, UnsupportedError } from '../../index.ts'

async function pair(server: TestServer) {
  const romeo = await online(server, [ibb])
  const juliet = await online(server, [ibb])
  await acquaint(romeo, juliet)
  return { romeo, juliet, [Symbol.asyncDispose]: async () => void (await Promise.all([romeo.close(), juliet.close()])) }
}

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => (index * 31) % 251)

async function readAll(readable: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(readable).arrayBuffer())
}

async function send(writable: WritableStream<Uint8Array>, data: Uint8Array): Promise<undefined> {
  const writer = writable.getWriter()
  await Promise.all([writer.write(data), writer.close()])
}

describe('in-band bytestreams', () => {
  for (const stanza of ['iq', 'message'] as const) {
    test(`bytes go both ways in ${stanza} stanzas, and the end is seen`, async () => {
      await using server = await startTestServer({ limits: { bytesPerSecond: 0 } })
      await using clients = await pair(server)
      const { romeo, juliet } = clients
      const offered = next(juliet, 'ibb:offered')
      const opening = romeo.ibb.open(juliet.jid!, { blockSize: 100, stanza })
      const offer = await offered
      assert.equal(offer.from.toString(), romeo.jid!.toString())
      assert.equal(offer.blockSize, 100)
      const theirs = offer.accept()!
      const ours = await opening
      const back = bytes(1_234)
      const reading = readAll(ours.readable)
      const writer = theirs.writable.getWriter()
      await writer.write(back)
      const there = readAll(theirs.readable)
      await send(ours.writable, bytes(5_000))
      assert.deepEqual(await there, bytes(5_000))
      assert.deepEqual(await reading, back)
      await Promise.all([ours.closed, theirs.closed])
      await assert.rejects(writer.write(back), /closed/)
    })
  }

  test('whoever writes as soon as it has accepted begins after the other side was told so [XEP-0047 2.1]', async () => {
    await using server = await HostileServer.start()
    await using client = await online(server, [ibb])
    client.on('ibb:offered', (offer) => {
      void offer
        .accept()!
        .writable.getWriter()
        .write(bytes(10))
        .catch(() => undefined)
    })
    const peer = { from: 'juliet@localhost/x', to: client.jid!.toString() }
    const open = ibbOpen.build({ sid: 'quick', blockSize: 100 })
    server.connection.send(el('iq', NS.client, { ...peer, type: 'set', id: 'open' }, [open]))
    await server.until((element) => element.firstElement()?.name === 'data')
    const said = server.received('iq').filter((element) => element.attr('to') === peer.from)
    assert.deepEqual(
      said.map((element) => element.attr('type')),
      ['result', 'set'],
    )
  })

  test('whoever does not wait for the answer to an offer takes it back', async () => {
    await using server = await HostileServer.start()
    await using client = await online(server, [ibb])
    server.script.receive = (element) => element.attr('to') === 'juliet@localhost/x'
    const enough = new Error('enough')
    const stop = new AbortController()
    const opening = client.ibb.open('juliet@localhost/x', { signal: stop.signal, sid: 'late' })
    await server.until((element) => element.firstElement()?.name === 'open')
    stop.abort(enough)
    await assert.rejects(opening, enough)
    const close = await server.until((element) => element.firstElement()?.name === 'close')
    assert.equal(close.firstElement()?.attr('sid'), 'late')
  })

  test('a chunk that is missing ends the bytestream', async () => {
    await using server = await startTestServer({ limits: { bytesPerSecond: 0 } })
    await using clients = await pair(server)
    const { romeo, juliet } = clients
    juliet.on('ibb:offered', (offer) => void offer.accept())
    const stream = await romeo.ibb.open(juliet.jid!, { blockSize: 1, sid: 'long' })
    for (const seq of [0, 1]) {
      const data = ibbData.build({ sid: 'long', seq, data: bytes(1) })
      assert.equal(await juliet.request('set', data, { to: romeo.jid! }), undefined)
    }
    await assert.rejects(
      juliet.request('set', ibbData.build({ sid: 'long', seq: 3, data: bytes(1) }), { to: romeo.jid! }),
      { condition: 'unexpected-request' },
    )
    await assert.rejects(stream.closed, /missing/)
  })

  test('who reads slowly holds back who writes', async () => {
    await using server = await startTestServer({ limits: { bytesPerSecond: 0 } })
    await using clients = await pair(server)
    const { romeo, juliet } = clients
    const offered = next(juliet, 'ibb:offered')
    const opening = romeo.ibb.open(juliet.jid!, { blockSize: 16_384 })
    const theirs = (await offered).accept()!
    const ours = await opening
    let written = 0
    const writer = ours.writable.getWriter()
    const writing = (async () => {
      for (let piece = 0; piece < 20; piece++) {
        await writer.write(bytes(16_384))
        written++
      }
      await writer.close()
    })()
    // both are asked something after the chunks: what is held back is held back
    for (let round = 0; round < 30; round++)
      await romeo.request('get', ibbOpen.build({ sid: 'x', blockSize: 1 }), { to: juliet.jid! }).catch(() => undefined)
    assert.ok(written < 10, `${written} of 20 were written though nobody reads`)
    const data = await readAll(theirs.readable)
    await writing
    assert.equal(data.length, 20 * 16_384)
  })

  test('a message whose bytes have no room yet is not acknowledged', async () => {
    await using server = await HostileServer.start({ asksForAcks: false })
    await using client = await online(server, [ibb])
    const { connection } = server
    const peer = { from: 'juliet@localhost/x', to: client.jid!.toString() }
    const offered = next(client, 'ibb:offered')
    const open = ibbOpen.build({ sid: 'slow', blockSize: 40_000, stanza: 'message' })
    connection.send(el('iq', NS.client, { ...peer, type: 'set', id: 'open' }, [open]))
    const stream = (await offered).accept()!
    await client.request('get', el('ping', 'urn:xmpp:ping'))
    const handled = async (): Promise<number> => {
      const before = server.received('a').length
      connection.put(el('r', 'urn:xmpp:sm:3'))
      while (server.received('a').length === before) await new Promise(setImmediate)
      return Number(server.received('a').at(-1)?.attr('h'))
    }
    const start = await handled()
    for (const seq of [0, 1, 2]) {
      const data = ibbData.build({ sid: 'slow', seq, data: bytes(40_000) })
      connection.send(el('message', NS.client, { ...peer, id: 'd' }, [data]))
    }
    assert.equal(await handled(), start + 1)
    const reader = stream.readable.getReader()
    for (let piece = 0; piece < 3; piece++) await reader.read()
    assert.equal(await handled(), start + 3)
  })

  test('the blocks become smaller until they are taken', async () => {
    await using server = await startTestServer({ limits: { bytesPerSecond: 0 } })
    await using clients = await pair(server)
    const { romeo, juliet } = clients
    juliet.ibb.maxBlockSize = 1_100
    juliet.on('ibb:offered', (offer) => void offer.accept())
    assert.equal((await romeo.ibb.open(juliet.jid!)).blockSize, 1_024)
    juliet.ibb.maxBlockSize = 10
    await assert.rejects(romeo.ibb.open(juliet.jid!), { condition: 'resource-constraint' })
  })

  test('who declines, has nobody to ask, or knows no bytestreams says so', async () => {
    await using server = await startTestServer({ limits: { bytesPerSecond: 0 } })
    await using clients = await pair(server)
    const { romeo, juliet } = clients
    await assert.rejects(romeo.ibb.open(juliet.jid!), { condition: 'not-acceptable' })
    juliet.on('ibb:offered', (offer) => {
      offer.decline()
      assert.equal(offer.accept(), undefined)
    })
    await assert.rejects(romeo.ibb.open(juliet.jid!), RequestError)
    await using plain = await online(server, [])
    await acquaint(romeo, plain)
    await assert.rejects(romeo.ibb.open(plain.jid!), UnsupportedError)
  })

  test('a stranger can neither feed nor close the bytestream of others', async () => {
    await using server = await startTestServer({ limits: { bytesPerSecond: 0 } })
    await using clients = await pair(server)
    await using eve = await online(server, [])
    const { romeo, juliet } = clients
    await acquaint(eve, juliet)
    const offered = next(juliet, 'ibb:offered')
    const opening = romeo.ibb.open(juliet.jid!, { sid: 'known' })
    const theirs = (await offered).accept()!
    const ours = await opening
    const data = ibbData.build({ sid: 'known', seq: 0, data: bytes(3) })
    await assert.rejects(eve.request('set', data, { to: juliet.jid! }), { condition: 'item-not-found' })
    await assert.rejects(eve.request('set', ibbClose.build({ sid: 'known' }), { to: juliet.jid! }), {
      condition: 'item-not-found',
    })
    const reading = readAll(theirs.readable)
    await send(ours.writable, bytes(7))
    assert.deepEqual(await reading, bytes(7))
  })

  test('who does not wait is cut off', async () => {
    await using server = await startTestServer({ limits: { bytesPerSecond: 0 } })
    await using clients = await pair(server)
    const { romeo, juliet } = clients
    const offered = next(juliet, 'ibb:offered')
    const opening = romeo.ibb.open(juliet.jid!, { sid: 'flood', blockSize: 65_535 })
    const theirs = (await offered).accept()!
    await opening
    const floods: Promise<unknown>[] = []
    for (let seq = 0; seq < 20; seq++) {
      const chunk = ibbData.build({ sid: 'flood', seq, data: bytes(65_535) })
      const refused = (error: unknown): unknown => (error as RequestError).condition
      floods.push(romeo.request('set', chunk, { to: juliet.jid! }).catch(refused))
      // the chunk has come when what was asked after it is answered
      await romeo.request('get', el('x', 'urn:example:x'), { to: juliet.jid! }).catch(() => undefined)
    }
    await assert.rejects(theirs.closed, /does not wait/)
    const answers = await Promise.all(floods)
    assert.ok(answers.includes('resource-constraint'))
    await assert.rejects(readAll(theirs.readable))
  })

  test('the bytestream is gone with the session', async () => {
    await using server = await startTestServer({ limits: { bytesPerSecond: 0 } })
    await using clients = await pair(server)
    const { romeo, juliet } = clients
    const offered = next(juliet, 'ibb:offered')
    const opening = romeo.ibb.open(juliet.jid!)
    const theirs = (await offered).accept()!
    const ours = await opening
    const reading = readAll(theirs.readable)
    await juliet.disconnect()
    await assert.rejects(reading, /connection was lost/)
    await assert.rejects(ours.closed, DisconnectedError) // without having asked
    await assert.rejects(readAll(ours.readable))
    await assert.rejects(send(ours.writable, bytes(3)))
  })

  test('who gives up does not wait for what is on its way', async () => {
    await using server = await startTestServer({ limits: { bytesPerSecond: 0 } })
    const silent = defineExtension({
      name: 'silent',
      start: (core) => {
        core.respond('set', 'open', IBB_NS, () => undefined)
        core.respond('set', 'close', IBB_NS, () => undefined)
        return new Promise<undefined>((resolve) => {
          core.respond('set', 'data', IBB_NS, () => {
            resolve(undefined)
            return new Promise(() => undefined)
          })
        })
      },
    })
    await using romeo = await online(server, [ibb])
    await using juliet = await online(server, [silent])
    await acquaint(romeo, juliet)
    const stream = await romeo.ibb.open(juliet.jid!)
    const writer = stream.writable.getWriter()
    const writing = writer.write(bytes(100_000))
    await juliet.silent
    await writer.abort(new Error('enough'))
    await assert.rejects(writing, /enough/)
    await assert.rejects(stream.closed, /enough/)
  })
})
