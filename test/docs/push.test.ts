/** The service worker and the page of docs/guide/push.md do what the guide says, with a real server and a real encrypted notification. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createContext, runInContext } from 'node:vm'
import { FakePushService } from '../../packages/server/test/fake-push-service.ts'
import { HOST, memoryServer } from '../../packages/server/test/memory-server.ts'

const guide = readFileSync(join(import.meta.dirname, '../../docs/guide/push.md'), 'utf8')
const [page, worker] = [...guide.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code!)

interface Shown {
  title: string
  options: { body: string; tag: string; requireInteraction: boolean }
}

/** A browser as far as the service worker sees it: what it shows for a payload. */
async function shownFor(payload: string): Promise<Shown | undefined> {
  let shown: Shown | undefined
  const listeners = new Map<string, (event: unknown) => void>()
  const self = {
    addEventListener: (name: string, listener: (event: unknown) => void) => listeners.set(name, listener),
    registration: {
      async showNotification(title: string, options: Shown['options']) {
        shown = { title, options }
      },
    },
  }
  runInContext(worker!, createContext({ self }))
  let done: Promise<unknown> = Promise.resolve()
  listeners.get('push')?.({
    data: { json: () => JSON.parse(payload) },
    waitUntil: (promise: Promise<unknown>) => {
      done = promise
    },
  })
  await done
  return shown
}

test('the page of the guide subscribes, and the service worker shows what comes', async () => {
  await using service = await FakePushService.start()
  const webPush = { subject: 'mailto:friar@localhost', allowEndpoints: [service.origin] }
  await using server = await memoryServer({ features: { push: { webPush } } })
  const juliet = await server.login('juliet')
  const browser = service.subscribe()
  const keys: string[] = []
  let asked = 0
  const ask = async (type: string, payload: string): Promise<object> => {
    const to = payload.includes('<enable') ? '' : ` to='${HOST}'`
    const answer = await juliet.ask(`<iq type='${type}' id='ask${asked++}'${to}>${payload}</iq>`)
    assert.equal(answer.attr('type'), 'result')
    const attributes = answer.firstElement()?.attributes ?? []
    return Object.fromEntries(attributes.flatMap((name, i) => (i % 2 === 0 ? [[name, attributes[i + 1]]] : [])))
  }
  const subscribe = async ({ applicationServerKey }: { applicationServerKey: string }) => {
    keys.push(applicationServerKey)
    const { endpoint, p256dh, auth } = browser
    return { toJSON: () => ({ endpoint, keys: { p256dh, auth } }) }
  }
  const navigator = { serviceWorker: { register: async () => ({ pushManager: { subscribe } }) } }
  const context = createContext({ navigator, ask })
  await runInContext(`${page}\nenablePush(ask, '${HOST}')`, context)
  assert.equal(Buffer.from(keys[0] ?? '', 'base64url').length, 65)

  await juliet.end()
  const romeo = await server.login('romeo')
  romeo.send("<message to='juliet@localhost' type='chat'><body>Art thou there?</body></message>")
  await romeo.all()
  const shown = await shownFor(browser.decrypt((await service.next()).body))
  assert.equal(shown?.title, 'Message from romeo@localhost')
  assert.equal(shown?.options.tag, 'juliet@localhost')
  assert.equal(shown?.options.requireInteraction, false)
})

test('the service worker of the guide shows a request, a call and a number', async () => {
  const request = await shownFor('{"account":"juliet@localhost","count":0,"requests":1}')
  assert.equal(request?.title, 'Somebody wants to be your contact')
  const calls = await shownFor('{"account":"juliet@localhost","count":3,"urgent":true}   ')
  assert.equal(calls?.options.requireInteraction, true)
  assert.equal(calls?.options.body, '3 messages')
})
