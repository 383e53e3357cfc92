/** More than a client can deal with: what it keeps of it is bounded, and nothing is lost (S130, S128). */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { execPath } from 'node:process'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { NS } from '@rookery/protocol'
import { el } from '@rookery/protocol/xml'
import { HostileServer } from '../harness/hostile-server.ts'
import type { Report, SlowReaderOptions } from '../support/slow-reader.ts'
import { body, mallory } from '../support/victim.ts'

const program = fileURLToPath(new URL('../support/slow-reader.ts', import.meta.url))
const count = 100_000
const megabyte = 1 << 20
/** Milliseconds that the program does not read. */
const busy = 2_000

/** Sends so many messages to a program that is busy with something else for a while, and then reads them. */
async function flood(more: Partial<SlowReaderOptions> = {}): Promise<Report> {
  const server = await HostileServer.start({ asksForAcks: false })
  const options = {
    service: server.service.xmpps,
    ca: server.trust.ca,
    keepAlive: 60_000,
    answerWithin: 15_000,
    count,
    ...more,
  }
  const child = spawn(
    execPath,
    ['--expose-gc', '--disable-warning=ExperimentalWarning', program, JSON.stringify(options)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  const exited = once(child, 'exit')
  try {
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const next = async (): Promise<Report> => JSON.parse((await lines.next()).value ?? 'null') as Report
    assert.equal((await next()).what, 'online')
    const { session } = server.connection
    const padding = 'x'.repeat(200)
    for (let i = 0; i < options.count; i++)
      session!.send(
        el('message', NS.client, { from: mallory, to: session!.jid, type: 'chat', id: `m${i}` }, [
          body(`${i} ${padding}`),
        ]),
      )
    await new Promise((resolve) => setTimeout(resolve, busy))
    child.stdin.write('read\n')
    const r = await next(); console.log(r); return r
  } finally {
    child.kill()
    await exited
    await server.stop()
  }
}

test('S130: 100,000 messages to a slow application: memory is bounded, and each is read once and in order', async () => {
  const report = await flood()
  assert.equal(report.read, count)
  assert.equal(report.inOrder, count)
  assert.equal(report.times, 0, 'the connection stood all the time')
  assert.ok(report.heap < 48 * megabyte, `${(report.heap / megabyte).toFixed(1)} MiB`)
})

test('S130: the same when the silence of the paused connection lasts longer than that of a dead one', async () => {
  const { report } = await flood(
    { keepAlive: 150, answerWithin: 150 },
    () => new Promise((resolve) => setTimeout(resolve, 3_000)),
  )
  assert.equal(report.read, count)
  assert.equal(report.inOrder, count)
  assert.ok(report.heap < 48 * megabyte, `${(report.heap / megabyte).toFixed(1)} MiB`)
})
