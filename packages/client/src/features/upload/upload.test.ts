import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { DISCO_INFO_NS, DISCO_ITEMS_NS, discoInfo, discoItems } from '@rookery/protocol/disco'
import { jid } from '@rookery/protocol/jid'
import * as NS from '@rookery/protocol/namespaces'
import { StanzaError } from '@rookery/protocol/stanza'
import { fileTooLarge, maxFileSizeForm, UPLOAD_NS, uploadRetry } from '@rookery/protocol/xeps/upload'
import { type Element, el } from '@rookery/protocol/xml'
import { HostileServer } from '../../../../../test/client/harness/hostile-server.ts'
import { online } from '../../../test/online.ts'
import { within } from '../../../test/waiting.ts'
import { type FileInfo, type Progress, Sha256, UnsupportedError, UploadError, UsageError, upload } from '../../index.ts'

interface Arrived {
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

/** A server with a place for files of at most 100,000 bytes, and that place. */
async function place(answer: { status?: number; slot?: (port: number) => Element | StanzaError } = {}) {
  const arrived: Arrived[] = []
  const http = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    try {
      for await (const piece of request) pieces.push(piece as Buffer)
    } catch {
      return // it was given up
    }
    arrived.push({ headers: request.headers, rawHeaders: request.rawHeaders, body: Buffer.concat(pieces) })
    const { status = 201 } = answer
    response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end('stored')
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  const asked: Element[] = []
  const server = await HostileServer.start({
    startTls: 'absent',
    script: {
      receive(iq, connection) {
        const payload = iq.firstElement()
        const to = iq.attr('to')
        if (payload?.ns === DISCO_ITEMS_NS)
          connection.reply(iq, discoItems.build({ items: [{ jid: jid('upload.localhost') }] }))
        else if (payload?.ns === DISCO_INFO_NS && to === 'upload.localhost')
          connection.reply(
            iq,
            discoInfo.build({ identities: [], features: [UPLOAD_NS], forms: [maxFileSizeForm(100_000)] }),
          )
        else if (payload?.ns === UPLOAD_NS) {
          asked.push(payload)
          const made = answer.slot?.(port) ?? slotAt(`http://127.0.0.1:${port}/a`)
          if (made instanceof StanzaError)
            connection.send(
              el('iq', NS.client, { type: 'error', id: iq.attr('id'), from: to }, [made.toElement(NS.client)]),
            )
          else connection.reply(iq, made)
        } else return
        return true
      },
    },
  })
  const client = await online(server, [upload])
  const stop = async (): Promise<void> => {
    await client.close()
    await server[Symbol.asyncDispose]()
    http.close()
    http.closeAllConnections()
  }
  return { client, asked, arrived, [Symbol.asyncDispose]: stop }
}

function slotAt(put: string, ...headers: Element[]): Element {
  return el('slot', UPLOAD_NS, {}, [
    el('put', UPLOAD_NS, { url: put }, headers),
    el('get', UPLOAD_NS, { url: 'https://files.example/a/rose.txt' }),
  ])
}

const header = (name: string, value: string): Element => el('header', UPLOAD_NS, { name }, value)
const bytes = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, (_, index) => (index * 31) % 251)
const hashOf = (data: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(data).digest())
const failed =
  (reason: string, more: object = {}) =>
  (error: unknown) => {
    assert.ok(error instanceof UploadError, String(error))
    assert.deepEqual({ ...error }, { ...error, reason, ...more })
    return true
  }

describe('an upload', () => {
  test('that breaks, or is refused before all of it is there, lets go of what it was to read', async () => {
    const closed = createServer()
    closed.listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as AddressInfo
    closed.close()
    await once(closed, 'close')
    await using it = await place({ slot: () => slotAt(`http://127.0.0.1:${port}/a`) })
    const hasty: typeof globalThis.fetch = async () => new Response(null, { status: 413 })
    for (const [options, reason] of [
      [{}, 'failed'],
      [{ fetch: hasty }, 'too-large'],
    ] as const) {
      const letGo = Promise.withResolvers<undefined>()
      const stream = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(bytes(1_000)),
        cancel: () => letGo.resolve(undefined),
      })
      const stop = new AbortController()
      const { signal } = stop
      await assert.rejects(it.client.upload.send(stream, { ...options, signal, size: 50_000 }), failed(reason))
      await within(letGo.promise, 'the end of the stream')
      stop.abort() // it is over: nothing comes of that, and nothing is uncaught
      await new Promise(setImmediate)
    }
  })

  test('goes where the service says, with its headers, and is described', async () => {
    await using it = await place({
      slot: (port) =>
        slotAt(
          `http://127.0.0.1:${port}/a`,
          header('authorization', 'Basic Zm9v\r\nX-Evil: 1'),
          header('X-Evil', 'yes'),
          header('Cookie', 'a=b'),
        ),
    })
    const data = bytes(50_000)
    const file = new File([data], 'C:\\private\\rose.txt', { type: 'text/plain' })
    const uploaded = await it.client.upload.send(file)
    assert.deepEqual(uploaded, {
      url: 'https://files.example/a/rose.txt',
      file: {
        name: 'rose.txt',
        mediaType: 'text/plain',
        size: 50_000,
        hashes: [{ algorithm: 'sha-256', value: hashOf(data) }],
      },
    })
    const info: FileInfo = uploaded.file
    assert.equal(info.size, 50_000)
    const [put] = it.arrived
    assert.deepEqual(new Uint8Array(put!.body), data)
    const { authorization, cookie } = put!.headers
    assert.deepEqual([authorization, cookie], ['Basic Zm9vX-Evil: 1', 'a=b'])
    assert.equal(put!.headers['content-type'], 'text/plain')
    assert.equal(put!.headers['content-length'], '50000')
    assert.equal(put!.headers['x-evil'], undefined)
    const [request] = it.asked
    assert.deepEqual(
      ['filename', 'size', 'content-type'].map((name) => request!.attr(name)),
      ['rose.txt', '50000', 'text/plain'],
    )
  })

  test('tells how far it is, has a length, and takes bytes and streams', async () => {
    await using it = await place()
    const data = bytes(90_000)
    const sources = [
      [data, {}],
      [data.buffer, {}],
      [new Blob([data]).stream(), { size: 90_000, hash: new Sha256() }],
      [new Blob([data]), { hash: new Sha256() }],
      [new Blob([data]).stream(), {}],
    ] as const
    for (const [source, more] of sources) {
      const seen: Progress[] = []
      const { file } = await it.client.upload.send(source, { ...more, onProgress: (now) => seen.push(now) })
      assert.deepEqual(seen.at(-1), { bytes: 90_000, total: 90_000 })
      assert.ok(seen.every(({ bytes: now }, index) => index === 0 || now > seen[index - 1]!.bytes))
      assert.deepEqual(file.hashes[0]?.value, hashOf(data))
      const put = it.arrived.at(-1)
      assert.equal(put?.headers['content-length'], '90000')
      assert.deepEqual(new Uint8Array(put!.body), data)
    }
  })

  test('of a stream has no hash where nobody computes it', async () => {
    await using it = await place()
    const { file } = await it.client.upload.send(new Blob([bytes(10)]).stream(), { size: 10 })
    assert.deepEqual(file.hashes, [])
  })

  test('that cannot succeed is not begun', async () => {
    await using it = await place()
    assert.deepEqual((await it.client.upload.service())?.maxBytes, 100_000)
    await assert.rejects(it.client.upload.send(bytes(100_001)), failed('too-large', { maxBytes: 100_000 }))
    await assert.rejects(it.client.upload.send(bytes(0)), UsageError)
    assert.equal(it.asked.length, 0)
    await using server = await HostileServer.start({ startTls: 'absent' })
    await using client = await online(server, [upload])
    await assert.rejects(client.upload.send(bytes(3)), UnsupportedError)
  })

  test('is refused by the service: too large, too much, or as it says', async () => {
    const refusals = [
      [
        new StanzaError('not-acceptable', { application: fileTooLarge.build({ maxFileSize: 7 }) }),
        'too-large',
        { maxBytes: 7 },
      ],
      [
        new StanzaError('resource-constraint', { application: uploadRetry.build({ stamp: 1_700_000_000_000 }) }),
        'quota',
        { retryAt: 1_700_000_000_000 },
      ],
      [new StanzaError('resource-constraint'), 'quota', {}],
    ] as const
    for (const [error, reason, more] of refusals) {
      await using it = await place({ slot: () => error })
      await assert.rejects(it.client.upload.send(bytes(10)), failed(reason, more))
    }
    await using it = await place({ slot: () => new StanzaError('forbidden') })
    await assert.rejects(it.client.upload.send(bytes(10)), { kind: 'request', condition: 'forbidden' })
  })

  test('is refused by the server of files, and goes to no other', async () => {
    for (const [status, reason] of [
      [413, 'too-large'],
      [507, 'quota'],
      [403, 'failed'],
      [302, 'failed'],
    ] as const) {
      await using it = await place({ status })
      await assert.rejects(it.client.upload.send(bytes(10)), failed(reason))
      assert.equal(it.arrived.length, 1)
    }
  })

  test('goes over TLS, or stays within this machine', async () => {
    for (const url of ['http://files.example/a', 'http://127.0.0.1.files.example/a', 'http://localhost.example/a']) {
      await using it = await place({ slot: () => slotAt(url) })
      await assert.rejects(it.client.upload.send(bytes(10)), failed('insecure'))
    }
  })

  test('to a server of files that is not there says which it is', async () => {
    await using it = await place({ slot: () => slotAt('http://127.0.0.1:1/a') })
    await assert.rejects(it.client.upload.send(bytes(10)), (error) => {
      assert.match((error as Error).message, /127\.0\.0\.1:1/)
      return failed('failed')(error)
    })
  })

  test('of a stream that is not as long as was said fails', async () => {
    await using it = await place()
    for (const size of [999, 1_001])
      await assert.rejects(it.client.upload.send(new Blob([bytes(1_000)]).stream(), { size }), UsageError)
    assert.equal(it.arrived.length, 0)
  })

  test('of a stream without end fails, and lets go of it', async () => {
    await using it = await place()
    const { promise: letGo, resolve: cancel } = Promise.withResolvers<unknown>()
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void => controller.enqueue(bytes(1_000))
    await assert.rejects(it.client.upload.send(new ReadableStream({ pull, cancel }), { size: 2_000 }), UsageError)
    await within(letGo, 'the end of the stream')
    assert.equal(it.arrived.length, 0)
  })

  for (const [title, size] of [
    ['read into memory first', undefined],
    ['sent as it comes', 100],
  ] as const)
    test(`of a stream that brings nothing can be given up, and the stream is told: ${title}`, async () => {
      await using it = await place()
      const { promise: pulled, resolve: pull } = Promise.withResolvers<undefined>()
      const { promise: cancelled, resolve: cancel } = Promise.withResolvers<unknown>()
      const silent = new ReadableStream<Uint8Array>(
        {
          pull: () => {
            pull(undefined)
            return new Promise<undefined>(() => undefined)
          },
          cancel,
        },
        { highWaterMark: 0 },
      )
      const controller = new AbortController()
      const uploading = it.client.upload.send(silent, { size, signal: controller.signal })
      await pulled
      controller.abort(new Error('enough'))
      await assert.rejects(uploading, /enough/)
      assert.match(String(await cancelled), /enough/)
    })

  test('can be given up', async () => {
    await using it = await place()
    const controller = new AbortController()
    let pieces = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(sink) {
        sink.enqueue(bytes(1_000))
        if (++pieces === 5) controller.abort(new Error('enough'))
      },
    })
    const uploading = it.client.upload.send(endless, { size: 100_000, signal: controller.signal })
    await assert.rejects(uploading, /enough/)
  })
})
