import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { StanzaError } from '@rookery/protocol/stanza'
import { ibbClose, ibbData, ibbOpen } from '@rookery/protocol/xeps/ibb'
import { JINGLE_NS, type Jingle, jingle as jingleCodec } from '@rookery/protocol/xeps/jingle'
import { JINGLE_FILE_NS, type JingleFile, jingleFile } from '@rookery/protocol/xeps/jingle-file'
import { jingleIbb } from '@rookery/protocol/xeps/jingle-ibb'
import { el } from '@rookery/protocol/xml'
import { startTestServer } from '@rookery/testkit'
import { acquaint, next, online } from '../../../test/online.ts'
import { defineExtension, type FileOffer, files, ibb, TransferError, UnsupportedError } from '../../index.ts'

/** Agrees to everything that is said in sessions, and does nothing. */
const yes = defineExtension({
  name: 'yes',
  start: (core) => core.respond('set', 'jingle', JINGLE_NS, () => undefined),
})

async function pair() {
  const server = await startTestServer({ limits: { bytesPerSecond: 0 } })
  const romeo = await online(server, [files, ibb])
  const juliet = await online(server, [files])
  await acquaint(romeo, juliet)
  const stop = async (): Promise<void> => {
    await Promise.all([romeo.close(), juliet.close()])
    await server.stop()
  }
  return { server, romeo, juliet, [Symbol.asyncDispose]: stop }
}

const bytes = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, (_, index) => (index * 31) % 251)
const plain = (data: Uint8Array): Uint8Array => new Uint8Array(data)
const reason = (expected: string) => (error: unknown) => {
  assert.ok(error instanceof TransferError, String(error))
  assert.equal(error.reason, expected)
  return true
}

/** A sender that does as it is told: offers `file`, and sends what it likes when it is accepted. */
async function offerByHand(
  { juliet, server }: Awaited<ReturnType<typeof pair>>,
  file: Partial<JingleFile>,
): Promise<{
  offer: FileOffer
  send: (...chunks: Uint8Array[]) => Promise<unknown[]>
  close: () => Promise<undefined>
}> {
  const romeo = await online(server, [yes])
  await acquaint(romeo, juliet)
  const to = { to: juliet.jid! }
  const offered = next(juliet, 'file:offered')
  const described = { descriptions: [], hashes: [], hashesUsed: [], ...file }
  const request: Jingle = {
    action: 'session-initiate',
    sid: 'by-hand',
    contents: [
      {
        creator: 'initiator',
        name: 'a',
        senders: 'initiator',
        description: jingleFile.build({ file: described }),
        transport: jingleIbb.build({ sid: 'stream', blockSize: 4096 }),
      },
    ],
    infos: [],
  }
  offered.catch(() => undefined)
  await romeo.request('set', jingleCodec.build(request), to).catch(async (error: unknown) => {
    await romeo.close()
    throw error
  })
  const send = async (...chunks: Uint8Array[]): Promise<unknown[]> => {
    await romeo.request('set', ibbOpen.build({ sid: 'stream', blockSize: 4096 }), to)
    const sent = chunks.map((data, seq) => romeo.request('set', ibbData.build({ sid: 'stream', seq, data }), to))
    return await Promise.allSettled([...sent, romeo.request('set', ibbClose.build({ sid: 'stream' }), to)])
  }
  return { offer: await offered, send, close: () => romeo.close() }
}

describe('files from client to client', () => {
  test('arrive whole, with what was said of them, and are checked', async () => {
    await using both = await pair()
    const { romeo, juliet } = both
    const data = bytes(20_001)
    const progress: number[] = []
    const file = new File([data], 'roses.txt', { type: 'text/plain', lastModified: 1_700_000_000_000 })
    const sending = romeo.files.send(juliet.jid!, file, {
      description: 'Roses',
      onProgress: (now) => progress.push(now.bytes / now.total),
    })
    const offer = await next(juliet, 'file:offered')
    assert.ok(offer.from.equals(romeo.jid!))
    const { name, type, size, date, description } = offer
    assert.deepEqual(
      { name, type, size, date, description },
      { name: 'roses.txt', type: 'text/plain', size: 20_001, date: 1_700_000_000_000, description: 'Roses' },
    )
    const incoming = offer.accept()
    const blob = await incoming.blob()
    assert.equal(blob.type, 'text/plain')
    assert.deepEqual(new Uint8Array(await blob.arrayBuffer()), data)
    assert.deepEqual(await incoming.done, { bytes: 20_001, isVerified: true })
    assert.deepEqual(await sending, { bytes: 20_001, isConfirmed: true })
    assert.equal(progress.at(-1), 1)
    assert.equal(offer.isOpen, false)
  })

  test('may be streams, empty, and without a name', async () => {
    await using both = await pair()
    const { romeo, juliet } = both
    const received: Promise<Blob>[] = []
    juliet.on('file:offered', (offer) => {
      assert.equal(offer.name, undefined)
      const coming = offer.accept().blob()
      coming.catch(() => undefined)
      received.push(coming)
    })
    const stream = (): ReadableStream<Uint8Array> => new Blob([bytes(9_000)]).stream()
    await romeo.files.send(juliet.jid!, stream(), { size: 9_000 })
    await romeo.files.send(juliet.jid!, stream())
    await romeo.files.send(juliet.jid!, new Uint8Array(0))
    assert.deepEqual(
      (await Promise.all(received)).map(({ size }) => size),
      [9_000, 9_000, 0],
    )
    const short = romeo.files.send(juliet.jid!, stream(), { size: 9_001 })
    await assert.rejects(short, /not 9001 bytes/)
    await assert.rejects(received.at(-1)!)
  })

  test('go on where they stopped', async () => {
    await using both = await pair()
    const { romeo, juliet } = both
    const data = bytes(10_000)
    for (const source of [data, new Blob([data]).stream()]) {
      const sending = romeo.files.send(juliet.jid!, source, { size: 10_000 })
      const offer = await next(juliet, 'file:offered')
      const incoming = offer.accept({ offset: 2_000, length: 5_000 })
      assert.deepEqual(new Uint8Array(await (await incoming.blob()).arrayBuffer()), data.slice(2_000, 7_000))
      assert.deepEqual(await incoming.done, { bytes: 5_000, isVerified: true })
      assert.deepEqual(await sending, { bytes: 5_000, isConfirmed: true })
    }
  })

  test('can be declined, and there must be somebody to ask', async () => {
    await using both = await pair()
    const { romeo, juliet } = both
    await assert.rejects(romeo.files.send(juliet.jid!, bytes(3)), UnsupportedError)
    juliet.on('file:offered', (offer) => {
      offer.decline()
      assert.throws(() => offer.accept(), /over/)
    })
    await assert.rejects(romeo.files.send(juliet.jid!, bytes(3)), reason('declined'))
    await using stranger = await online(both.server, [])
    await acquaint(romeo, stranger)
    await assert.rejects(romeo.files.send(stranger.jid!, bytes(3)), UnsupportedError)
  })

  test('can be given up on both sides, before and within', async () => {
    await using both = await pair()
    const { romeo, juliet } = both
    const early = new AbortController()
    const first = romeo.files.send(juliet.jid!, bytes(3), { signal: early.signal })
    const offer = await next(juliet, 'file:offered')
    early.abort(new Error('no more'))
    await assert.rejects(first, /no more/)
    while (offer.isOpen)
      await juliet.request('get', el('x', 'urn:example:x'), { to: romeo.jid! }).catch(() => undefined)

    const second = romeo.files.send(juliet.jid!, bytes(500_000))
    const reader = (await next(juliet, 'file:offered')).accept().stream.getReader()
    await reader.read()
    await reader.cancel()
    await assert.rejects(second, reason('cancelled'))

    const late = new AbortController()
    const third = romeo.files.send(juliet.jid!, bytes(500_000), { signal: late.signal })
    const incoming = (await next(juliet, 'file:offered')).accept()
    await incoming.stream.getReader().read()
    late.abort(new Error('enough'))
    await assert.rejects(third, /enough/)
    await assert.rejects(incoming.done, reason('cancelled'))
  })

  test('who sends and leaves says that they are gone: what came is the beginning of the file', async () => {
    await using both = await pair()
    const { romeo, juliet } = both
    const offered = next(juliet, 'file:offered')
    const sending = romeo.files.send(juliet.jid!, bytes(1_000_000))
    const told = assert.rejects(sending, reason('gone'))
    const { stream, done } = (await offered).accept()
    const failed = assert.rejects(done, reason('gone'))
    const reader = stream.getReader()
    await reader.read()
    const left = romeo.disconnect()
    await assert.rejects(async () => {
      while (!(await reader.read()).done);
    }, reason('gone'))
    await Promise.all([told, failed, left])
  })

  test('a path is only ever a name [S125]', async () => {
    await using both = await pair()
    const { romeo, juliet } = both
    const names = ['../../.bashrc', 'C:\\Windows\\win.ini', '..', 'a\u202Egpj.exe', '/etc/passwd']
    const seen: (string | undefined)[] = []
    juliet.on('file:offered', (offer) => {
      seen.push(offer.name)
      offer.decline()
    })
    for (const [index, name] of names.entries()) {
      const file = el('file', JINGLE_FILE_NS, {}, [
        el('name', JINGLE_FILE_NS, {}, name),
        el('size', JINGLE_FILE_NS, {}, '3'),
      ])
      const content = {
        creator: 'initiator',
        name: 'a',
        senders: 'initiator',
        description: el('description', JINGLE_FILE_NS, {}, [file]),
        transport: jingleIbb.build({ sid: 's', blockSize: 4096 }),
      } as const
      const request = jingleCodec.build({ action: 'session-initiate', sid: `${index}`, contents: [content], infos: [] })
      await romeo.request('set', request, { to: juliet.jid! })
    }
    assert.deepEqual(seen, ['.bashrc', 'win.ini', undefined, 'agpj.exe', 'passwd'])
  })

  test('no more comes than was offered [S126]', async () => {
    await using both = await pair()
    const { offer, send, close } = await offerByHand(both, { name: 'small', size: 5_000 })
    const incoming = offer.accept()
    let kept = 0
    const reading = (async () => {
      for await (const piece of incoming.stream) kept += piece.length
    })()
    void send(bytes(4_096), bytes(4_096), bytes(4_096), bytes(4_096))
    await assert.rejects(reading, reason('too-large'))
    await assert.rejects(incoming.done, reason('too-large'))
    assert.ok(kept <= 5_000)
    await close()
  })

  test('less than was offered, and something else, is told', async () => {
    const data = bytes(100)
    const hashes = [{ algorithm: 'sha-256', value: plain(createHash('sha256').update('something else').digest()) }]
    for (const [size, expected] of [
      [101, 'incomplete'],
      [100, 'hash-mismatch'],
    ] as const) {
      await using both = await pair()
      const { offer, send, close } = await offerByHand(both, { size, hashes })
      const incoming = offer.accept()
      const reading = incoming.blob()
      void send(data)
      await assert.rejects(reading, reason(expected))
      await assert.rejects(incoming.done, reason(expected))
      await close()
    }
  })

  test('a known hash is believed before all has come', async () => {
    await using both = await pair()
    const data = bytes(100)
    const hashes = [{ algorithm: 'sha-256', value: plain(createHash('sha256').update(data).digest()) }]
    const { offer, send, close } = await offerByHand(both, { size: 100, hashes })
    const incoming = offer.accept()
    void send(data)
    assert.equal((await incoming.blob()).size, 100)
    assert.deepEqual(await incoming.done, { bytes: 100, isVerified: true })
    await close()
  })

  test('a file without a size is not taken', async () => {
    await using both = await pair()
    both.juliet.on('file:offered', () => assert.fail('this was not to be offered'))
    await assert.rejects(offerByHand(both, { name: 'endless' }), { condition: 'not-acceptable' })
  })

  for (const who of ['we', 'they'] as const)
    test(`one that is offered over sockets comes through the servers: ${who} propose it [XEP-0260 2.7]`, async () => {
      await using server = await startTestServer({ limits: { bytesPerSecond: 0 } })
      await using juliet = await online(server, [files])
      const asked: Jingle[] = []
      const accepted = Promise.withResolvers<Jingle>()
      const proposed = Promise.withResolvers<Jingle>()
      const scripted = defineExtension({
        name: 'scripted',
        start: (core) =>
          core.respond('set', 'jingle', JINGLE_NS, async ({ payload }) => {
            const said = jingleCodec.parse(payload!) as Jingle
            asked.push(said)
            if (said.action === 'transport-replace') {
              if (who === 'they') await say('transport-replace', { transport: inBand })
              proposed.resolve(said)
              if (who === 'they') throw new StanzaError('conflict')
            }
            if (said.action === 'session-accept' || said.action === 'transport-accept') accepted.resolve(said)
            return undefined
          }),
      })
      await using romeo = await online(server, [scripted])
      await acquaint(romeo, juliet)
      const to = { to: juliet.jid! }
      const [socks, inBand] = [
        el('transport', 'urn:xmpp:jingle:transports:s5b:1', { sid: 'x' }),
        jingleIbb.build({ sid: 'theirs', blockSize: 4096 }),
      ]
      const one = { creator: 'initiator', name: 'a', senders: 'initiator' } as const
      const say = (action: Jingle['action'], more: object): Promise<unknown> =>
        romeo.request(
          'set',
          jingleCodec.build({ action, sid: 'by-hand', contents: [{ ...one, ...more }], infos: [] }),
          to,
        )
      const offered = next(juliet, 'file:offered')
      const hashes = [{ algorithm: 'sha-256', value: plain(createHash('sha256').update(bytes(5)).digest()) }]
      const described = { descriptions: [], hashes, hashesUsed: [], size: 5 }
      await say('session-initiate', { description: jingleFile.build({ file: described }), transport: socks })
      const incoming = (await offered).accept()
      const blob = incoming.blob()
      const replaced = await proposed.promise
      if (who === 'we') await say('transport-accept', { transport: replaced.contents[0]!.transport })
      let transport = (await accepted.promise).contents[0]!.transport!
      while (!asked.some(({ action }) => action === 'session-accept'))
        await romeo.request('get', el('ping', 'urn:xmpp:ping'))
      if (who === 'we') transport = asked.find(({ action }) => action === 'session-accept')!.contents[0]!.transport!
      const { sid, blockSize } = jingleIbb.parse(transport) as { sid: string; blockSize: number }
      if (who === 'they') assert.equal(sid, 'theirs')
      await romeo.request('set', ibbOpen.build({ sid, blockSize }), to)
      await romeo.request('set', ibbData.build({ sid, seq: 0, data: bytes(5) }), to)
      await romeo.request('set', ibbClose.build({ sid }), to)
      assert.equal((await blob).size, 5)
    })

  test('one that cannot come through the servers is not taken, and an offer of ours keeps its transport', async () => {
    await using both = await pair()
    const { romeo, juliet, server } = both
    const answers: (string | undefined)[] = []
    const stubborn = defineExtension({
      name: 'stubborn',
      start: (core) => {
        core.respond('set', 'jingle', JINGLE_NS, ({ payload, from }) => {
          const said = jingleCodec.parse(payload!) as Jingle
          answers.push(`${said.action} ${said.reason?.condition ?? ''}`)
          const { sid, contents } = said
          const reply = (action: Jingle['action']): void =>
            void core
              .request('set', jingleCodec.build({ action, sid, contents, infos: [] }), { to: from })
              .catch(() => 0)
          if (said.action === 'transport-replace') queueMicrotask(() => queueMicrotask(() => reply('transport-reject')))
          if (said.action === 'session-initiate') setImmediate(() => reply('transport-replace'))
          return undefined
        })
      },
    })
    await using eve = await online(server, [stubborn])
    await acquaint(romeo, juliet, eve)
    const contents = [
      {
        creator: 'initiator',
        name: 'a',
        senders: 'initiator',
        description: jingleFile.build({ file: { descriptions: [], hashes: [], hashesUsed: [], size: 5 } }),
        transport: el('transport', 'urn:xmpp:jingle:transports:s5b:1', { sid: 'x' }),
      },
    ] as const
    const offered = next(juliet, 'file:offered')
    const initiate = jingleCodec.build({ action: 'session-initiate', sid: 'x', contents, infos: [] })
    await eve.request('set', initiate, { to: juliet.jid! })
    const incoming = (await offered).accept()
    incoming.stream.cancel().catch(() => undefined)
    await assert.rejects(incoming.done, reason('failed'))
    const late = new AbortController()
    const sending = romeo.files.send(eve.jid!, bytes(5), { signal: late.signal })
    sending.catch(() => undefined)
    // theirs comes by another connection than ours
    const expected = ['transport-reject ', 'session-terminate unsupported-transports']
    while (!expected.every((one) => answers.includes(one))) await eve.request('get', el('ping', 'urn:xmpp:ping'))
    late.abort(new Error('enough'))
    await assert.rejects(sending, /enough/)
    assert.equal(answers[0], 'transport-replace ')
  })
})
