/** What the tests of the client's platform call in the page, and in a worker of it: all in `platform`, with texts and numbers only. */

import type { Transport } from '../../packages/client/src/contract/platform.ts'
import type { Change, Store } from '../../packages/client/src/contract/store.ts'
import { webPlatform } from '../../packages/client/src/platform/web-platform.ts'
import { indexedDbStore } from '../../packages/client/src/stores/indexed-db.ts'

const open = indexedDbStore()
let store: Store | undefined
let written = 0
let isToStop = false

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

const platform = {
  async pbkdf2(hash: 'SHA-1' | 'SHA-256' | 'SHA-512', password: string, salt: string): Promise<string> {
    const [one, other] = [password, salt].map((text) => new TextEncoder().encode(text)) as [Uint8Array, Uint8Array]
    return hex(await webPlatform.crypto.pbkdf2(hash, one, other, 4096, 20))
  },

  async open(account: string): Promise<void> {
    store = await open(account)
  },

  /** A second client in the same page. */
  async readAnother(account: string): Promise<unknown> {
    const another = await open(account)
    const rows = await another.read()
    await another.close()
    return rows
  },

  async read(): Promise<unknown> {
    return store?.read()
  },

  async write(...changes: [string, string | null][]): Promise<void> {
    await store?.write(changes.map(([key, value]): Change => [key, value ?? undefined]))
  },

  /** In a worker: begins to write, tells so, and does nothing else any more, for ever. */
  async writeAndHang(key: string, value: string): Promise<void> {
    void store?.write([[key, value]])
    for (let turn = 0; turn < 100; turn++) await undefined // so that it has begun
    globalThis.postMessage('hangs')
    for (;;);
  },

  /** All in one turn; resolves when the last is kept. */
  async writeMany(key: string, count: number): Promise<void> {
    let last: unknown
    for (let i = 0; i < count; i++) last = store?.write([[key, String(i)]])
    await last
  },

  /** One after the other until it is told to stop, and then a last one: the number of that. */
  async writeOn(key: string): Promise<number> {
    isToStop = false
    written = 0
    for (let isLast = false; !isLast; written++) {
      isLast = isToStop
      await store?.write([[key, String(written + 1)]])
    }
    return written
  },

  written: (): number => written,

  stopWriting(): void {
    isToStop = true
  },

  async close(): Promise<void> {
    await store?.close()
  },

  discover(domain: string): Promise<readonly string[]> {
    return webPlatform.discover(domain, new AbortController().signal)
  },

  /** What the server says to a stream that is opened. */
  async connect(url: string, domain: string): Promise<{ received: string[]; isSecure: boolean; reason: string }> {
    const received: string[] = []
    let wake = (): void => undefined
    let reason: string | undefined
    const transport: Transport = await webPlatform.open(url, {
      domain,
      signal: new AbortController().signal,
      plaintext: false,
      tls: {},
      received: (wire) => {
        received.push(wire)
        wake()
      },
      closed: (error) => {
        reason = String(error)
        wake()
      },
    })
    transport.write(`<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='${domain}' version='1.0'/>\0`)
    while (received.length < 2) await new Promise<void>((resolve) => (wake = resolve))
    transport.end()
    while (reason === undefined) await new Promise<void>((resolve) => (wake = resolve))
    return { received, isSecure: transport.isSecure, reason }
  },

  async failure(url: string): Promise<string> {
    try {
      await platform.connect(url, 'localhost')
      return 'connected'
    } catch (error) {
      return String(error)
    }
  },

  /** Runs one of these in a worker, which has a store of its own; the worker lives on. */
  inWorker(...calls: readonly [name: string, ...values: unknown[]][]): Promise<unknown> {
    worker ??= new Worker('/page.js', { type: 'module' })
    const one = worker
    return new Promise((resolve) => {
      one.onmessage = ({ data }) => resolve(data)
      one.postMessage(calls)
    })
  },

  endWorker(): void {
    worker?.terminate()
    worker = undefined
  },
}
let worker: Worker | undefined

if (globalThis.document === undefined)
  globalThis.onmessage = async ({ data }: MessageEvent<[name: string, ...values: unknown[]][]>) => {
    let result: unknown
    for (const [name, ...values] of data)
      result = await (platform as unknown as Record<string, (...values: unknown[]) => unknown>)[name]!(...values)
    globalThis.postMessage(result)
  }
Object.assign(globalThis, { platform })
