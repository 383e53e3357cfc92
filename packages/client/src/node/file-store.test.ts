import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import promises, {
  appendFile,
  mkdir,
  mkdtemp,
  open as openFile,
  readdir,
  readFile,
  rm,
  rmdir,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath, pid } from 'node:process'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { StoreError } from '../contract/errors.ts'
import type { Store } from '../contract/store.ts'
import { fileStore } from './file-store.ts'

const account = 'romeo@example.org'
let folder: string
let opened: Store[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rookery-store-'))
  opened = []
})
afterEach(async () => {
  for (const store of opened) await store.close()
  await rm(folder, { recursive: true })
})

const open = async (of = account, directory = folder): Promise<Store> => {
  const store = await fileStore(directory)(of)
  opened.push(store)
  return store
}
const path = (ending = ''): string => join(folder, `romeo%40example.org.log${ending}`)

describe('what was written', () => {
  test('is there for the next client of the account, and for no other', async () => {
    const store = await open()
    await store.write([
      ['b', '1'],
      ['a', 'Gr\xc3\xbc\xc3\x9fe\n"\\ \u{1f426}'],
      ['c', 'removed'],
    ])
    await store.write([
      ['c', undefined],
      ['b', '2'],
    ])
    await store.close()
    assert.deepEqual(await (await open()).read(), [
      ['a', 'Gr\xc3\xbc\xc3\x9fe\n"\\ \u{1f426}'],
      ['b', '2'],
    ])
    assert.deepEqual(await (await open('juliet@example.org')).read(), [])
  })

  test('is in order, whoever waited for it', async () => {
    const store = await open()
    const writes = Array.from({ length: 200 }, (_, i) => store.write([['a', String(i)]]))
    await Promise.all(writes)
    assert.deepEqual(await store.read(), [['a', '199']])
    await store.close()
    assert.deepEqual(await (await open()).read(), [['a', '199']])
  })

  test('is on disk when the promise resolves, before anything is closed', async () => {
    const store = await open()
    await store.write([['a', 'here']])
    assert.match(await readFile(path(), 'utf8'), /^\S{12} \[\["a","here"\]\]\n$/)
    assert.equal((await stat(path())).mode & 0o777, 0o600)
  })

  test('does not make the file grow without end', async () => {
    const store = await open()
    await store.write([['kept', 'x']])
    for (let i = 0; i < 400; i++) await store.write([['a', `${i} ${'x'.repeat(1000)}`]])
    assert.ok((await stat(path())).size < 100_000, String((await stat(path())).size))
    await store.close()
    const rows = await (await open()).read()
    assert.deepEqual(
      rows.map(([key, value]) => [key, value.slice(0, 4)]),
      [
        ['a', '399 '],
        ['kept', 'x'],
      ],
    )
    assert.deepEqual((await readdir(folder)).sort(), ['romeo%40example.org.log', 'romeo%40example.org.log.lock'])
  })

  test('without success is not there for the next client, and what is written when there is room again is', async (t) => {
    const file = await openFile(join(folder, 'any'), 'w')
    const handles = Object.getPrototypeOf(file)
    await file.close()
    const store = await open()
    await store.write([['a', '1']])
    let behind: unknown
    const full = (): never => {
      behind ??= store.write([['b', '3']])
      throw Object.assign(new Error(), { code: 'ENOSPC' })
    }
    t.mock.method(handles, 'datasync', full, { times: 1 })
    await assert.rejects(async () => store.write([['a', '2']]), /StoreError: .* the disk is full/)
    await behind
    assert.deepEqual(await store.read(), [
      ['a', '1'],
      ['b', '3'],
    ])
    await store.close()
    assert.deepEqual(await (await open()).read(), [
      ['a', '1'],
      ['b', '3'],
    ])
  })

  test('is kept where the file cannot be written anew, which is tried again later', async () => {
    const store = await open()
    const grow = async (): Promise<void> => {
      for (let i = 0; i < 400; i++) await store.write([['a', `${i} ${'x'.repeat(1000)}`]])
    }
    await mkdir(path('.new')) // or the disk is full
    await grow()
    assert.ok((await stat(path())).size > 400_000)
    await rmdir(path('.new'))
    await grow()
    assert.ok((await stat(path())).size < 100_000, String((await stat(path())).size))
    await store.close()
    assert.deepEqual(
      (await (await open()).read()).map(([key, value]) => [key, value.slice(0, 4)]),
      [['a', '399 ']],
    )
  })

  test('by an account whose address is too long for a file name is kept, too', async () => {
    const long = `${'ü'.repeat(500)}@example.org`
    const store = await open(long)
    await store.write([['a', 'b']])
    await store.close()
    assert.deepEqual(await (await open(long)).read(), [['a', 'b']])
  })
})

describe('after a crash', () => {
  test('a line that was cut short is as if it had not been written, wherever the cut is', async () => {
    const store = await open()
    await store.write([['a', '1']])
    const { size: whole } = await stat(path())
    await store.write([
      ['a', '2'],
      ['b', '2'],
    ])
    await store.close()
    const bytes = await readFile(path())
    for (let size = whole; size < bytes.length; size++) {
      await writeFile(path(), bytes.subarray(0, size))
      const next = await open()
      assert.deepEqual(await next.read(), [['a', '1']])
      await next.write([['c', '3']])
      await next.close()
      const last = await open()
      assert.equal((await last.read()).length, 2)
      await last.close()
    }
  })

  test('zeros where the line should be are as if it had not been written', async () => {
    const store = await open()
    await store.write([['a', '1']])
    await store.close()
    await truncate(path(), (await stat(path())).size + 4096)
    assert.deepEqual(await (await open()).read(), [['a', '1']])
  })

  test('damage that no crash explains is told', async () => {
    const store = await open()
    await store.write([['a', '1']])
    await store.write([['b', '1']])
    await store.close()
    const bytes = await readFile(path())
    bytes[16]! ^= 1
    await writeFile(path(), bytes)
    await assert.rejects(open(), /is damaged\. Move it away/)
    await rm(path())
    await open() // nobody holds it
  })

  test('a file that was being written anew does not count', async () => {
    const store = await open()
    await store.write([['a', '1']])
    await store.close()
    await writeFile(path('.new'), 'half')
    assert.deepEqual(await (await open()).read(), [['a', '1']])
  })

  /** A process that opens the store, says so, and waits. */
  const holder = async () => {
    const code = `import { fileStore } from ${JSON.stringify(join(import.meta.dirname, 'file-store.ts'))}
      const store = await fileStore(${JSON.stringify(folder)})(${JSON.stringify(account)})
      await store.write([['from', 'the other']])
      console.log('open')
      setInterval(() => undefined, 1000)`
    const child = spawn(execPath, ['--input-type=module-typescript', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    return child
  }

  test('its process holds the store no more; as long as it lives, it does', async () => {
    const child = await holder()
    try {
      await assert.rejects(open(), (error) => {
        assert.ok(error instanceof StoreError)
        assert.match(error.message, new RegExp(`process ${child.pid}\\)`))
        return true
      })
    } finally {
      child.kill('SIGKILL')
    }
    await once(child, 'exit')
    assert.deepEqual(await (await open()).read(), [['from', 'the other']])
  })
})

describe('a second client of the account', () => {
  test('is refused while the first is there', async () => {
    const first = await open()
    await assert.rejects(open(), new RegExp(`process ${pid}\\)`))
    await symlink(folder, `${folder}-link`)
    try {
      await assert.rejects(open(account, `${folder}-link`), StoreError)
    } finally {
      await rm(`${folder}-link`)
    }
    await first.close()
    await first.close()
    await open()
    await assert.rejects(async () => first.write([['a', 'late']]), StoreError)
  })

  const leave = async (owner: object | string, age: number): Promise<void> => {
    await writeFile(path('.lock'), typeof owner === 'string' ? owner : JSON.stringify(owner))
    const then = new Date(Date.now() - age)
    await utimes(path('.lock'), then, then)
  }

  test('on another machine is believed as long as it touches its lock', async () => {
    const owner = { pid: 1, host: 'elsewhere', id: 'x' }
    await leave(owner, 1000)
    await assert.rejects(open(), /process 1 on elsewhere/)
    await leave(owner, 120_000)
    await open()
  })

  test('in another thread of the process is one, and its lock is gone when the thread has ended without a word', async () => {
    const code = `const { parentPort } = require('node:worker_threads')
      import(${JSON.stringify(join(import.meta.dirname, 'file-store.ts'))})
        .then(({ fileStore }) => fileStore(${JSON.stringify(folder)})(${JSON.stringify(account)}))
        .then(() => 'open', String)
        .then((said) => parentPort.postMessage(said))
      setInterval(() => undefined, 1000)`
    const thread = new Worker(code, { eval: true })
    assert.deepEqual(await once(thread, 'message'), ['open'])
    await assert.rejects(open(), StoreError)
    await thread.terminate()
    await assert.rejects(open(), StoreError)
    const then = new Date(Date.now() - 120_000)
    await utimes(path('.lock'), then, then)
    await open()
  })

  test('that had our own process id, in a container of before, is gone', async () => {
    await leave({ pid, host: hostname(), id: 'x' }, process.uptime() * 1000 + 1000)
    await open()
  })

  const isLinux = process.platform === 'linux'

  test('whose process id another process has now is gone', { skip: !isLinux && 'not told' }, async () => {
    for (const now of [pid, process.ppid]) {
      await leave({ pid: now, host: hostname(), began: '1', id: 'x' }, 1000)
      const store = await open()
      await store.close()
    }
  })

  test('of which it may not be asked whether it is there is believed as long as it touches its lock', async (t) => {
    t.mock.method(process, 'kill', () => {
      throw new Error('Requires run access') // Deno
    })
    const owner = { pid: process.ppid, host: hostname(), id: 'x' }
    await leave(owner, 1000)
    await assert.rejects(open(), StoreError)
    await leave(owner, 120_000)
    await open()
  })

  test('of before the machine was started is gone, even if there is a process with its id', async () => {
    await leave({ pid: process.ppid, host: hostname(), id: 'x' }, 1000)
    await assert.rejects(open(), StoreError)
    await leave({ pid: process.ppid, host: hostname(), id: 'x' }, 100 * 365 * 86_400_000)
    await open()
  })

  test('that makes its lock while another is let go of keeps it', async (t) => {
    await leave({ pid: process.ppid, host: hostname(), id: 'x' }, 1000)
    const { stat } = promises
    const look = t.mock.method(promises, 'stat', async (file: string) => {
      if (file !== path('.lock')) return stat(file)
      await leave({ pid: process.ppid, host: hostname(), id: 'y' }, 0)
      throw Object.assign(new Error(), { code: 'ENOENT' }) // what was there when we looked
    })
    syncBuiltinESMExports()
    try {
      await assert.rejects(open(), StoreError)
      assert.equal(look.mock.callCount(), 1)
      assert.match(await readFile(path('.lock'), 'utf8'), /"y"/)
    } finally {
      look.mock.restore()
      syncBuiltinESMExports()
    }
  })

  test('that could not make its lock leaves none', async (t) => {
    const file = await openFile(join(folder, 'any'), 'w')
    const handles = Object.getPrototypeOf(file)
    await file.close()
    const full = (): never => {
      throw Object.assign(new Error(), { code: 'ENOSPC' })
    }
    t.mock.method(handles, 'writeFile', full, { times: 1 })
    await assert.rejects(open(), /the disk is full/)
    await open()
  })

  test('that is just making its lock is waited for, one that crashed over it is not', async () => {
    await leave('', -30_000) // so that a slow machine is not too late
    await assert.rejects(open(), StoreError)
    await leave('', 60_000)
    await open()
  })

  test('that crashed while it took over leaves no guard for ever', async () => {
    await leave({ pid: 1, host: 'elsewhere', id: 'x' }, 120_000)
    await appendFile(path('.lock.guard'), '{}')
    await assert.rejects(open(), StoreError)
    const then = new Date(Date.now() - 120_000)
    await utimes(path('.lock.guard'), then, then)
    await open()
  })
})

test('a folder that cannot be used is told with its path', async () => {
  await writeFile(join(folder, 'file'), '')
  await assert.rejects(open(account, join(folder, 'file')), (error) => {
    assert.ok(error instanceof StoreError)
    assert.match(error.message, /file.*(EEXIST|ENOTDIR)/)
    return true
  })
})
