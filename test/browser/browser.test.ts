/** A browser on this server: a page of another origin chats over WebSocket (RFC 7395) and over BOSH (XEP-0124, XEP-0206). */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { startTestServer, type TestAccount, type TestServer } from '@rookery/testkit'
import type { Browser } from 'playwright-core'
import { makeSlixmpp } from '../clients/slixmpp/client.ts'
import { fetchCertificate } from '../clients/target.ts'
import { Wire } from '../clients/wire.ts'
import { ClientPage, foreignHost, friendlyHost, startChromium } from './chromium.ts'
import { type PageServer, servePage } from './page-server.ts'

let pages: PageServer
let server: TestServer
let browser: Browser
before(async () => {
  pages = await servePage()
  server = await startTestServer({
    plaintext: false,
    http: { origins: [`http://${friendlyHost}:${pages.port}`], boshInactivitySeconds: 30 },
  })
  browser = await startChromium()
})
after(async () => {
  await browser?.close()
  await server?.stop()
  await pages?.[Symbol.asyncDispose]()
})

const transports = ['websocket', 'xbosh'] as const
type TransportName = (typeof transports)[number]

const openPage = async (t: TestContext, host = 'localhost'): Promise<ClientPage> => {
  const page = await ClientPage.open(browser, `http://${host}:${pages.port}/`)
  t.after(() => page.close())
  return page
}

/** Under TLS, as on the public net; or without, as on a developer's machine. */
const baseOf = (kind: 'http' | 'https'): string =>
  kind === 'https' ? `https://localhost:${server.httpsPort}` : `http://localhost:${server.httpPort}`

/** A page that found the server and logged in there. */
const enteredPage = async (
  t: TestContext,
  transport: TransportName,
  { jid, password }: TestAccount,
  kind: 'http' | 'https' = 'https',
): Promise<ClientPage> => {
  const page = await openPage(t)
  const url = (await page.discover(baseOf(kind)))[transport]
  assert.ok(url, `host-meta.json tells where ${transport} is`)
  const { jid: full } = await page.enter(url, jid, password)
  assert.ok(full.startsWith(`${jid}/page/`), full)
  return page
}

/** Not ASCII, nothing that XML takes for markup, and what UTF-16 needs two units for. */
const difficult = 'Grüße & <b>1 < 2</b> "🐦‍⬛" ]]>'

test('host-meta.json tells a page where WebSocket and BOSH are', async (t) => {
  const page = await openPage(t)
  const { websocket, xbosh } = await page.discover(baseOf('https'))
  assert.equal(websocket, `wss://localhost:${server.httpsPort}/xmpp-websocket`)
  assert.equal(xbosh, `https://localhost:${server.httpsPort}/http-bind`)
})

for (const transport of transports) {
  for (const kind of ['https', 'http'] as const) {
    test(`two pages chat over ${transport} (${kind})`, async (t) => {
      const [one, other] = [await server.createAccount(), await server.createAccount()]
      const romeo = await enteredPage(t, transport, one, kind)
      const juliet = await enteredPage(t, transport, other, kind)
      await romeo.say(other.jid, difficult)
      await juliet.hears(one.jid, difficult)
      await juliet.say(one.jid, 'indeed')
      await romeo.hears(other.jid, 'indeed')
      await romeo.leave()
      await romeo.ended()
    })
  }

  test(`many messages over ${transport} come all, once, and in their order`, async (t) => {
    const [one, other] = [await server.createAccount(), await server.createAccount()]
    const romeo = await enteredPage(t, transport, one)
    const juliet = await enteredPage(t, transport, other)
    const bodies = Array.from({ length: 50 }, (_, index) => `message ${index}`)
    for (const body of bodies) await romeo.say(other.jid, body)
    await juliet.hears(one.jid, bodies.at(-1) ?? '')
    assert.deepEqual(await juliet.heard(), bodies)
  })

  test(`a page over ${transport} chats with slixmpp over TCP`, async (t) => {
    const [one, other] = [await server.createAccount(), await server.createAccount()]
    const folder = mkdtempSync(join(tmpdir(), 'rookery-browser-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const bot = makeSlixmpp(other, {
      port: server.port,
      certificate: await fetchCertificate(server.port, folder),
      rosterPushesHaveFrom: true,
      hostListsArchive: true,
    })
    t.after(() => bot.close())
    await bot.login()
    const page = await enteredPage(t, transport, one)
    await page.say(other.jid, difficult)
    await bot.hears(one.jid, difficult)
    await bot.say(one.jid, `${difficult} indeed`)
    await page.hears(other.jid, `${difficult} indeed`)
  })
}

test('a page whose WebSocket is lost comes back with its token, resumes, and neither side misses or doubles a message', async (t) => {
  const wire = await Wire.to(server.httpPort)
  t.after(() => wire.close())
  const [one, other] = [await server.createAccount(), await server.createAccount()]
  const url = `ws://127.0.0.1:${wire.port}/xmpp-websocket`
  const romeo = await openPage(t)
  await romeo.enter(url, one.jid, one.password)
  const juliet = await enteredPage(t, 'websocket', other)
  await juliet.say(one.jid, 'before')
  await romeo.hears(other.jid, 'before')

  wire.freeze()
  await romeo.say(other.jid, 'into a dead connection')
  await juliet.say(one.jid, 'to a dead connection')
  await wire.swallowed()
  wire.cut()
  assert.match(await romeo.ended(), /1006/)
  await juliet.say(one.jid, 'while you were away')
  wire.mend()

  const { isResumed, answers } = await romeo.enterAgain(url, one.jid)
  assert.equal(isResumed, true)
  assert.equal(answers, 1, 'one answer from the features to being back [XEP-0484 3.3]')
  await romeo.hears(other.jid, 'while you were away')
  await juliet.hears(one.jid, 'into a dead connection')
  await romeo.say(other.jid, 'last')
  await juliet.hears(one.jid, 'last')
  assert.deepEqual(await romeo.heard(), ['before', 'to a dead connection', 'while you were away'])
  assert.deepEqual(await juliet.heard(), ['into a dead connection', 'last'])
})

for (const pauses of [true, false]) {
  const how = pauses ? 'after a pause' : 'without a word before'
  test(`a page over BOSH that is loaded again ${how} goes on with its session`, async (t) => {
    const [one, other] = [await server.createAccount(), await server.createAccount()]
    const romeo = await enteredPage(t, 'xbosh', one)
    const juliet = await enteredPage(t, 'xbosh', other)
    await juliet.say(one.jid, 'before')
    await romeo.hears(other.jid, 'before')
    if (pauses) {
      await romeo.pause(20)
      await juliet.say(one.jid, 'during')
    }
    assert.equal(await romeo.reload(), true)
    await juliet.say(one.jid, 'after')
    await romeo.hears(other.jid, 'after')
    await romeo.say(other.jid, 'still here')
    await juliet.hears(one.jid, 'still here')
    assert.deepEqual(await romeo.heard(), pauses ? ['during', 'after'] : ['after'])
    assert.deepEqual(await juliet.heard(), ['still here'])
  })
}

test('a page of a foreign origin is refused on both, one of an origin that the operator named is let in', async (t) => {
  const urls = {
    websocket: `ws://localhost:${server.httpPort}/xmpp-websocket`,
    xbosh: `http://localhost:${server.httpPort}/http-bind`,
  }
  const foreign = await openPage(t, foreignHost)
  assert.equal(await foreign.tryWebSocket(urls.websocket), 'closed with 1006')
  // The browser keeps the answer from the page: there is nothing in it that lets the page read it.
  assert.match(await foreign.tryFetch(urls.xbosh, 'POST'), /TypeError/)
  const friendly = await openPage(t, friendlyHost)
  assert.equal(await friendly.tryWebSocket(urls.websocket), 'open')
  assert.match(await friendly.tryFetch(urls.xbosh, 'POST'), /^status 200$/)
})
