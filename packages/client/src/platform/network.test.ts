import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchNetwork } from './network.ts'

test('word of the network is passed on until it is stopped, in pages and where there is less than in pages', () => {
  const connection = new EventTarget()
  const document = Object.assign(new EventTarget(), { visibilityState: 'hidden' })
  const page = new EventTarget()
  const names = ['addEventListener', 'document', 'navigator'] as const
  const before = new Map(names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]))
  const define = (name: string, value: unknown): void =>
    void Object.defineProperty(globalThis, name, { value, configurable: true })
  let count = 0
  try {
    define('addEventListener', page.addEventListener.bind(page))
    define('document', document)
    define('navigator', { connection })
    const stop = watchNetwork(() => count++)
    page.dispatchEvent(new Event('online'))
    page.dispatchEvent(new Event('pageshow'))
    connection.dispatchEvent(new Event('change'))
    assert.equal(count, 3)
    document.dispatchEvent(new Event('visibilitychange'))
    assert.equal(count, 3)
    document.visibilityState = 'visible'
    document.dispatchEvent(new Event('visibilitychange'))
    assert.equal(count, 4)
    stop()
    page.dispatchEvent(new Event('online'))
    document.dispatchEvent(new Event('visibilitychange'))
    assert.equal(count, 4)

    define('document', undefined)
    define('navigator', {})
    const stopWorker = watchNetwork(() => count++)
    page.dispatchEvent(new Event('online'))
    assert.equal(count, 5)
    stopWorker()
    define('addEventListener', undefined)
    define('navigator', undefined)
    watchNetwork(() => count++)()
  } finally {
    for (const [name, descriptor] of before) {
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name)
      else Object.defineProperty(globalThis, name, descriptor)
    }
  }
})
