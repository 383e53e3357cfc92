/** Uploads of the client library in a browser, where XMLHttpRequest tells how far they are: to a server of files that does what a test says. To real ones: servers.test.ts. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { after, before, describe, type TestContext, test } from 'node:test'
import { DISCO_INFO_NS, DISCO_ITEMS_NS, discoInfo, discoItems } from '@rookery/protocol/disco'
import { jid } from '@rookery/protocol/jid'
import { UPLOAD_NS } from '@rookery/protocol/xeps/upload'
import { el } from '@rookery/protocol/xml'
import type { Browser } from 'playwright-core'
import { portOf } from '../../scripts/peers/quiet-ports.ts'
import { HostileServer } from '../client/harness/hostile-server.ts'
import { type BundledPages, serveBundle, type Tab } from './bundled-page.ts'
import { startChromium } from './chromium.ts'

let pages: BundledPages
let browser: Browser
before(async () => {
  pages = await serveBundle('upload-page.ts', 'app')
  browser = await startChromium()
})
after(async () => {
  await browser?.close()
  await pages?.close()
})

interface Outcome {
  readonly url?: string
  readonly error?: string
  readonly told: readonly (readonly [bytes: number, total: number])[]
}

async function newTab(t: TestContext): Promise<Tab> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  t.after(() => context.close())
  return pages.open(context)
}

/** What browsers want to hear before they let a page write there. */
const allowed = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'PUT',
  'access-control-allow-headers': 'Authorization, Content-Type',
}
const size = 3_000_000

/** A place for files, whose PUTs are answered by `answer`, and a page of somebody who may use it. */
async function place(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const paths: (string | undefined)[] = []
  const http = createServer((request, response) => {
    request.on('error', () => undefined)
    for (const [name, value] of Object.entries(allowed)) response.setHeader(name, value)
    if (request.method === 'OPTIONS') return void response.end()
    paths.push(request.url)
    answer(request, response)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const put = `http://localhost:${portOf(http)}/rose.txt`
  const server = await HostileServer.start({
    script: {
      receive(iq, connection) {
        const ns = iq.firstElement()?.ns
        if (ns === DISCO_ITEMS_NS) connection.reply(iq, discoItems.build({ items: [{ jid: jid('upload.localhost') }] }))
        else if (ns === DISCO_INFO_NS)
          connection.reply(iq, discoInfo.build({ identities: [], features: [UPLOAD_NS], forms: [] }))
        else if (ns === UPLOAD_NS) {
          const headers = [el('header', UPLOAD_NS, { name: 'Authorization' }, 'Basic Zm9v')]
          const get = el('get', UPLOAD_NS, { url: 'https://files.example/rose.txt' })
          connection.reply(iq, el('slot', UPLOAD_NS, {}, [el('put', UPLOAD_NS, { url: put }, headers), get]))
        } else return
        return true
      },
    },
  })
  const tab = await newTab(t)
  const account = { jid: 'romeo@localhost', password: 'secret', service: server.service.wss }
  await tab.call('connect', { ...account, plaintext: true })
  t.after(async () => {
    await server[Symbol.asyncDispose]()
    http.closeAllConnections()
    http.close()
  })
  return { tab, paths }
}

/** Answers when all of the file is there. */
const answering =
  (status: number, headers: Record<string, string> = {}) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    request.resume()
    request.on('end', () => response.writeHead(status, headers).end('thanks'))
  }

describe('an upload in a page', () => {
  test('goes where the service says, with its headers, and tells how far it is', async (t) => {
    const { promise, resolve } = Promise.withResolvers<[IncomingMessage, Buffer]>()
    const { promise: isTold, resolve: told } = Promise.withResolvers<void>()
    const { tab } = await place(t, async (request, response) => {
      await isTold
      const pieces: Buffer[] = []
      for await (const piece of request) pieces.push(piece as Buffer)
      response.writeHead(201).end()
      resolve([request, Buffer.concat(pieces)])
    })
    const sending = tab.call<Outcome>('send', 20_000_000)
    await tab.page.waitForFunction('app.bytes() > 0')
    told()
    const outcome = await sending
    assert.equal(outcome.url, 'https://files.example/rose.txt')
    const [{ headers, method }, body] = await promise
    assert.deepEqual(
      [method, headers['content-type'], headers['content-length'], headers.authorization, headers.cookie],
      ['PUT', 'text/plain', '20000000', 'Basic Zm9v', undefined],
    )
    assert.ok(body.every((byte, index) => byte === index % 251))
    const bytes = outcome.told.map(([so]) => so)
    assert.ok(bytes.length > 1)
    assert.deepEqual(
      bytes,
      bytes.toSorted((one, other) => one - other),
    )
    assert.equal(bytes.at(-1), 20_000_000)
    assert.ok(outcome.told.every(([, total]) => total === 20_000_000))
  })

  test('of a stream is no other', async (t) => {
    const { tab } = await place(t, answering(201))
    const { url, told } = await tab.call<Outcome>('send', size, { isStream: true })
    assert.equal(url, 'https://files.example/rose.txt')
    assert.deepEqual(told.at(-1), [size, size])
  })

  test('ends with its signal, which says why, and nothing more is sent', async (t) => {
    const { promise, resolve } = Promise.withResolvers<IncomingMessage>()
    const { tab } = await place(t, resolve)
    const { error } = await tab.call<Outcome>('send', 20_000_000, { stopAt: 1 })
    assert.equal(error, 'Error enough')
    const request = await promise
    request.resume() // nobody has read before
    await new Promise((over) => request.on('close', over))
    assert.equal(request.complete, false)
  })

  for (const [what, status, wanted] of [
    ['that is too large', 413, 'UploadError too-large The file is too large'],
    ['that is not allowed', 403, 'UploadError failed 403 The file was refused: HTTP 403'],
    ['that there is no room for', 507, 'UploadError quota 507 Too much was uploaded'],
  ] as const)
    test(`${what} is refused`, async (t) => {
      const { tab } = await place(t, answering(status))
      const { error } = await tab.call<Outcome>('send', size)
      assert.ok(error?.startsWith(wanted), error)
    })

  test('that is refused before it is read says so', async (t) => {
    const { tab } = await place(t, (_, response) => response.writeHead(413, { connection: 'close' }).end())
    const { error } = await tab.call<Outcome>('send', 20_000_000)
    assert.match(error ?? '', /^UploadError too-large/)
  })

  test('whose connection breaks has failed', async (t) => {
    const { tab } = await place(t, (request) => request.once('data', () => request.socket.resetAndDestroy()))
    const { error } = await tab.call<Outcome>('send', size)
    assert.match(error ?? '', /^UploadError failed The upload broke/)
  })

  test('that the page may not make has failed', async (t) => {
    const { tab } = await place(t, answering(201, { 'access-control-allow-origin': 'https://example.org' }))
    assert.match((await tab.call<Outcome>('send', size)).error ?? '', /^UploadError failed The upload broke/)
  })

  for (const status of [302, 307])
    test(`that is sent elsewhere has failed: what is in its headers is for one place (${status})`, async (t) => {
      const { tab, paths } = await place(t, (request, response) =>
        answering(request.url === '/there' ? 201 : status, { location: '/there' })(request, response),
      )
      const { error } = await tab.call<Outcome>('send', size)
      assert.match(error ?? '', /^UploadError failed/)
      assert.equal(paths[0], '/rose.txt')
    })

  test('is done with the status: what else is in the answer, and whether it ends, is all one', async (t) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { tab } = await place(t, (request, response) => {
      request.resume()
      response.on('close', resolve)
      const more = (): void => {
        while (!response.destroyed && response.write(' '.repeat(65_536)));
      }
      response.on('drain', more)
      request.on('end', () => {
        response.writeHead(201)
        more()
      })
    })
    assert.equal((await tab.call<Outcome>('send', size)).url, 'https://files.example/rose.txt')
    await promise // [S126]
  })
})
