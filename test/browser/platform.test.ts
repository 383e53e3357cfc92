/** The client's platform and store in a browser: what only a browser can show. */
import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { startTestServer, type TestServer } from '@rookery/testkit'
import type { Browser, BrowserContext } from 'playwright-core'
import { nodeCrypto } from '../../packages/client/src/node/node-crypto.ts'
import { type BundledPages, serveBundle, Tab, until } from './bundled-page.ts'
import { foreignHost, startChromium } from './chromium.ts'

let pages: BundledPages
let server: TestServer
let browser: Browser
before(async () => {
  pages = await serveBundle('platform-page.ts', 'platform')
  server = await startTestServer({ plaintext: false })
  browser = await startChromium()
})
after(async () => {
  await browser?.close()
  await server?.stop()
  await pages?.close()
})

/** A browser of a user, with nothing in it. */
async function newBrowser(t: TestContext): Promise<BrowserContext> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  t.after(() => context.close())
  return context
}

const account = 'romeo@example.org'

test('passwords are hashed as they are elsewhere', async (t) => {
  const tab = await pages.open(await newBrowser(t))
  for (const hash of ['SHA-1', 'SHA-256', 'SHA-512'] as const) {
    const wanted = await nodeCrypto.pbkdf2(hash, Buffer.from('pencil'), Buffer.from('salt'), 4096, 20)
    assert.equal(await tab.call('pbkdf2', hash, 'pencil', 'salt'), Buffer.from(wanted).toString('hex'))
  }
})

test('a page without a secure context is told what to do', async (t) => {
  const tab = await pages.open(await newBrowser(t), foreignHost)
  await assert.rejects(tab.call('pbkdf2', 'SHA-1', 'pencil', 'salt'), /serve it by https:, or from localhost/)
})

describe('over WebSocket', () => {
  const port = (): number => server.httpsPort

  test('a stream opens where host-meta says, and ends in order', async (t) => {
    const tab = await pages.open(await newBrowser(t))
    const urls = await tab.call<string[]>('discover', `localhost:${port()}`)
    assert.deepEqual(urls, [`wss://localhost:${port()}/xmpp-websocket`])
    const { received, isSecure, reason } = await tab.call<{ received: string[]; isSecure: boolean; reason: string }>(
      'connect',
      urls[0],
      'localhost',
    )
    assert.match(received[0]!, /^<open /)
    assert.match(received[1]!, /^<stream:features /)
    assert.equal(isSecure, true)
    assert.equal(reason, 'undefined')
  })

  test('what cannot be reached or must not be is told', async (t) => {
    const tab = await pages.open(await newBrowser(t))
    assert.match(await tab.call('failure', 'wss://localhost:1/'), /ConnectError: No WebSocket of XMPP answers/)
    assert.match(await tab.call('failure', 'ws://example.org/'), /UsageError: .* not encrypted/)
    const stranger = await pages.open(await newBrowser(t), foreignHost)
    assert.match(await stranger.call('failure', `wss://localhost:${port()}/xmpp-websocket`), /ConnectError/)
  })
})

describe('the store', () => {
  test('is there after a reload, with all that was written in one turn', async (t) => {
    const tab = await pages.open(await newBrowser(t))
    await tab.call('open', account)
    await tab.call('write', ['b', '1'], ['a', 'Grüße'], ['c', 'removed'])
    await tab.call('write', ['c', null])
    await tab.call('writeMany', 'many', 500)
    await tab.reload()
    await tab.call('open', account)
    assert.deepEqual(await tab.call('read'), [
      ['a', 'Grüße'],
      ['b', '1'],
      ['many', '499'],
    ])
    await tab.call('close')
    await tab.call('open', 'juliet@example.org')
    assert.deepEqual(await tab.call('read'), [])
  })

  test('of two tabs is two, and each finds its own after reloads, in whatever order', async (t) => {
    const context = await newBrowser(t)
    const tabs = [await pages.open(context), await pages.open(context), await pages.open(context)]
    for (const [index, tab] of tabs.entries()) {
      await tab.call('open', account)
      assert.deepEqual(await tab.call('read'), [])
      await tab.call('write', ['session', String(index)])
    }
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 1, 0],
    ])
      for (const index of order) {
        const tab = tabs[index]!
        await tab.reload()
        await tab.call('open', account)
        assert.deepEqual(await tab.call('read'), [['session', String(index)]])
      }
    await Promise.all(tabs.map((tab) => tab.reload()))
    await Promise.all(tabs.map((tab) => tab.call('open', account)))
    for (const [index, tab] of tabs.entries()) assert.deepEqual(await tab.call('read'), [['session', String(index)]])
  })

  test('of a duplicated tab is not the one of its original', async (t) => {
    const context = await newBrowser(t)
    const original = await pages.open(context)
    await original.call('open', account)
    await original.call('write', ['session', 'original'])
    const [page] = await Promise.all([
      context.waitForEvent('page'),
      original.page.evaluate('void window.open(location.href)'), // with a copy of sessionStorage
    ])
    const copy = new Tab(page, 'platform')
    await copy.ready()
    await copy.call('open', account)
    assert.deepEqual(await copy.call('read'), [])
  })

  test('of a closed tab leaves its messages to the next, in order, and nothing else', async (t) => {
    const context = await newBrowser(t)
    const one = await pages.open(context)
    const other = await pages.open(context)
    await one.call('open', account)
    await other.call('open', account)
    await one.call('write', ['out/000000000004', '{"wire":"own"}'])
    await other.call(
      'write',
      ['out/000000000007', '{"wire":"first","n":3}'],
      ['out/000000000010', '{"wire":"second"}'],
      ['session', 'x'],
    )
    await other.page.close()
    await until(async () => (await one.locks()).length === 1)
    await one.reload()
    await one.call('open', account)
    const rows = [
      ['out/000000000004', '{"wire":"own"}'],
      ['out/000000000005', '{"wire":"first","n":3}'],
      ['out/000000000006', '{"wire":"second"}'],
    ]
    assert.deepEqual(await one.call('read'), rows)
    // and the tab may come back: restored, with all that it knows
    assert.deepEqual(await one.call('readAnother', account), [['session', 'x']])
    assert.deepEqual(await one.call('read'), rows)
  })

  test('of a closed tab keeps its messages for the next one where there is no room to take them over', async (t) => {
    const context = await newBrowser(t)
    const [one, other] = [await pages.open(context), await pages.open(context)]
    for (const tab of [one, other]) await tab.call('open', account)
    await other.call('write', ['out/000000000000', '{}'])
    await other.page.close()
    await until(async () => (await one.locks()).length === 1)
    await one.reload()
    await one.page.evaluate(
      `IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError') }`,
    )
    await one.call('open', account)
    assert.deepEqual(await one.call('read'), [])
    await one.reload()
    await one.call('open', account)
    assert.equal((await one.call<unknown[]>('read')).length, 1)
  })

  test('of a living tab is not touched by others, whatever lies in it', async (t) => {
    const context = await newBrowser(t)
    const one = await pages.open(context)
    await one.call('open', account)
    await one.call('write', ['out/000000000000', 'mine'])
    const other = await pages.open(context)
    await other.call('open', account)
    assert.deepEqual(await other.call('read'), [])
    assert.deepEqual(await one.call('read'), [['out/000000000000', 'mine']])
  })

  test('works in a worker, and is found by the worker of the page that is loaded again', async (t) => {
    const context = await newBrowser(t)
    const tab = await pages.open(context)
    const opened = [['open', account], ['write', ['session', 'of a worker']], ['read']]
    assert.deepEqual(await tab.call('inWorker', ...opened), [['session', 'of a worker']])
    await tab.reload()
    assert.deepEqual(await tab.call('inWorker', ['open', account], ['read']), [['session', 'of a worker']])
    const other = await pages.open(context)
    const another = [['open', account], ['write', ['session', 'of another']], ['read']]
    assert.deepEqual(await other.call('inWorker', ...another), [['session', 'of another']])
    await tab.call('endWorker')
    assert.deepEqual(await tab.call('inWorker', ['open', account], ['read']), [['session', 'of a worker']])
    await other.reload()
    assert.deepEqual(await other.call('inWorker', ['open', account], ['read']), [['session', 'of another']])
  })

  test('has what was written last, whatever becomes of who wrote it, who holds up nobody', async (t) => {
    const tab = await pages.open(await newBrowser(t))
    await tab.call('open', account)
    assert.equal(await tab.call('inWorker', ['open', account], ['writeAndHang', 'out/000000000000', 'late']), 'hangs')
    await tab.call('write', ['mine', 'yes'])
    await tab.call('endWorker')
    await until(async () => (await tab.locks()).join() === `rookery ${account} 0`) // that of the page
    assert.deepEqual(await tab.call('inWorker', ['open', account], ['read']), [['out/000000000000', 'late']])
  })

  test('of a browser that gives no database is refused, and the next try begins afresh', async (t) => {
    const tab = await pages.open(await newBrowser(t))
    for (const broken of [
      'IDBFactory.prototype.open',
      'IDBDatabase.prototype.transaction',
      'LockManager.prototype.request',
    ]) {
      await tab.page.evaluate(`{
        const real = ${broken}
        globalThis.mend = () => (${broken} = real)
        ${broken} = () => { throw new DOMException('not here', 'SecurityError') }
      }`)
      await assert.rejects(tab.call('open', account), /StoreError/)
      await tab.page.evaluate('void mend()')
    }
    await tab.call('open', account)
    await tab.call('write', ['a', 'b'])
    assert.deepEqual(await tab.locks(), [`rookery ${account} 0`])
  })

  test('goes on where its data are deleted again and again, and loses no write that comes afterwards', async (t) => {
    const tab = await pages.open(await newBrowser(t))
    const origin = new URL(tab.page.url()).origin
    const tools = await tab.page.context().newCDPSession(tab.page)
    await tab.call('open', account)
    const writing = tab.call<number>('writeOn', 'count')
    for (let i = 0; i < 10; i++) {
      const before = await tab.call<number>('written')
      await until(async () => (await tab.call<number>('written')) > before)
      await tools.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' })
    }
    await tab.call('stopWriting')
    const count = await writing
    assert.deepEqual(await tab.call('read'), [['count', String(count)]])
  })

  test('has what was written last where what was before must be tried again', async (t) => {
    const tab = await pages.open(await newBrowser(t))
    await tab.call('open', account)
    await tab.page.evaluate(`(async () => {
      const real = IDBDatabase.prototype.transaction
      let left = 3
      IDBDatabase.prototype.transaction = function (...values) {
        if (left-- > 0) throw new DOMException('it is being closed', 'InvalidStateError')
        return real.apply(this, values)
      }
      const first = platform.write(['a', 'first'])
      await Promise.resolve()
      await Promise.resolve() // in another transaction
      await Promise.all([first, platform.write(['a', 'last'])])
    })()`)
    assert.deepEqual(await tab.call('read'), [['a', 'last']])
  })

  test('has what was written last where only what was before is aborted', async (t) => {
    const tab = await pages.open(await newBrowser(t))
    await tab.call('open', account)
    await tab.page.evaluate(`(async () => {
      const real = IDBTransaction.prototype.commit
      IDBTransaction.prototype.commit = function () {
        IDBTransaction.prototype.commit = real
        this.abort()
      }
      const first = platform.write(['a', 'first'], ['b', 'first'])
      for (let turn = 0; turn < 10; turn++) await undefined // in another transaction
      await Promise.all([first, platform.write(['a', 'last'])])
    })()`)
    assert.deepEqual(await tab.call('read'), [
      ['a', 'last'],
      ['b', 'first'],
    ])
  })

  test('goes on when a database that did not open does again', async (t) => {
    const tab = await pages.open(await newBrowser(t))
    await tab.call('open', account)
    await tab.page.evaluate(`{
      const { transaction } = IDBDatabase.prototype
      IDBDatabase.prototype.transaction = () => {
        IDBDatabase.prototype.transaction = transaction
        throw new DOMException('it is being closed', 'InvalidStateError')
      }
      const { open } = IDBFactory.prototype
      globalThis.mend = () => (IDBFactory.prototype.open = open)
      IDBFactory.prototype.open = () => { throw new DOMException('full', 'QuotaExceededError') }
    }`)
    await assert.rejects(tab.call('write', ['a', 'first']), /StoreError: .* no room/)
    await tab.page.evaluate('void mend()')
    await tab.call('write', ['a', 'last'])
    assert.deepEqual(await tab.call('read'), [['a', 'last']])
  })

  test('that does not open in time holds up nobody twice, and goes on when it does', async (t) => {
    const context = await newBrowser(t)
    const [holder, tab] = [await pages.open(context), await pages.open(context)]
    await tab.call('open', account)
    await tab.page.clock.install()
    await tab.page.clock.pauseAt(Date.now() + 60_000)
    await holder.page.evaluate(`new Promise((resolve) => {
      const opening = indexedDB.open('rookery')
      opening.onsuccess = () => {
        globalThis.held = opening.result
        indexedDB.deleteDatabase('rookery').onblocked = resolve
      }
    })`)
    const refused = assert.rejects(tab.call('write', ['a', 'first']), /StoreError: .* another page of this site/)
    let isSettled = false
    const settled = (): unknown => (isSettled = true)
    void refused.then(settled, settled)
    while (!isSettled) await tab.page.clock.runFor(1_000) // it stands still otherwise
    await refused
    await assert.rejects(tab.call('write', ['a', 'second']), /StoreError/)
    await holder.page.evaluate('held.close()')
    await until(() =>
      tab.call('write', ['a', 'last']).then(
        () => true,
        () => false,
      ),
    )
    assert.deepEqual(await tab.call('read'), [['a', 'last']])
  })

  test('goes on where a later version of the application has raised the number of its database', async (t) => {
    const context = await newBrowser(t)
    const tab = await pages.open(context)
    await tab.call('open', account)
    await tab.call('write', ['a', 'before'])
    const later = await pages.open(context)
    await later.page.evaluate(`new Promise((resolve, reject) => {
      const opening = indexedDB.open('rookery', 7)
      opening.onsuccess = resolve
      opening.onerror = reject
    })`)
    await tab.call('write', ['b', 'afterwards'])
    assert.deepEqual(await tab.call('read'), [
      ['a', 'before'],
      ['b', 'afterwards'],
    ])
  })

  test('makes its table where there is a database without it', async (t) => {
    const context = await newBrowser(t)
    const tabs = [await pages.open(context), await pages.open(context)]
    await tabs[0]!.page.evaluate(`new Promise((resolve) => {
      const opening = indexedDB.open('rookery')
      opening.onsuccess = () => resolve(opening.result.close())
    })`)
    await Promise.all(tabs.map((tab) => tab.call('open', account)))
    for (const tab of tabs) {
      await tab.call('write', ['a', 'b'])
      assert.deepEqual(await tab.call('read'), [['a', 'b']])
    }
  })

  test('of a tab that has no room to remember goes on with the first that is free', async (t) => {
    const tab = await pages.open(await newBrowser(t))
    for (const expected of [[], [['kept', 'yes']]]) {
      await tab.page.evaluate(
        `Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }`,
      )
      await tab.call('open', account)
      assert.deepEqual(await tab.call('read'), expected)
      await tab.call('write', ['kept', 'yes'])
      await tab.reload()
    }
  })

  test('of a page without a secure context lives as long as the page', async (t) => {
    const tab = await pages.open(await newBrowser(t), foreignHost)
    await tab.call('open', account)
    await tab.call('write', ['a', 'b'])
    assert.deepEqual(await tab.call('read'), [['a', 'b']])
    await tab.reload()
    await tab.call('open', account)
    assert.deepEqual(await tab.call('read'), [])
  })
})
