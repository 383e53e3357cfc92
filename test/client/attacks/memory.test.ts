/** More than a client can deal with: what it keeps of it is bounded, and nothing is lost (S130, S128). */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { execPath, memoryUsage } from 'node:process'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { NS } from '@rookery/protocol'
import { jid } from '@rookery/protocol/jid'
import { Message } from '@rookery/protocol/stanza'
import { STANZA_ID_NS } from '@rookery/protocol/xeps/stanza-id'
import { el } from '@rookery/protocol/xml'
import { Seen } from '../../../packages/client/src/messages/seen.ts'
import { HostileServer } from '../harness/hostile-server.ts'
import type { Report, SlowReaderOptions } from '../support/slow-reader.ts'
import { body, mallory, Victim } from '../support/victim.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const program = fileURLToPath(new URL('../support/slow-reader.ts', import.meta.url))
const count = 100_000
const megabyte = 1 << 20

/** Sends so many messages to a program that is busy with something else for so many milliseconds, and then reads them. */
async function flood(more: Partial<SlowReaderOptions> = {}, busy = 2_000): Promise<Report> {
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
    for (let i = 0; i < options.count; i++) {
      // the server answers meanwhile, so that it is not taken for dead
      if (i % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve))
      const content = [body(`${i} ${padding}`)]
      session!.send(el('message', NS.client, { from: mallory, to: session!.jid, type: 'chat', id: `m${i}` }, content))
    }
    await new Promise((resolve) => setTimeout(resolve, busy))
    child.stdin.write('read\n')
    return await next()
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

test('S130: a connection that the client itself holds back is not taken for a dead one', async () => {
  const report = await flood({ keepAlive: 2_000, answerWithin: 5_000 }, 10_000)
  assert.equal(report.read, count)
  assert.equal(report.inOrder, count)
  assert.equal(report.times, 0, 'the connection stood all the time')
})

test('S128: long ids are not what fills the memory', () => {
  const seen = new Seen(new Set())
  const account = jid('romeo@localhost')
  const way = { at: 0 }
  const message = (i: number): Message => {
    const id = `${i} ${'x'.repeat(200_000)}`
    const ids = [el('origin-id', STANZA_ID_NS, { id }), el('stanza-id', STANZA_ID_NS, { id, by: 'romeo@localhost' })]
    return new Message(el('message', NS.client, {}, ids), jid(mallory), account)
  }
  collect()
  const before = memoryUsage().heapUsed
  let read = 0
  const run = (): undefined => void read++
  for (let i = 0; i < 500; i++) seen.once(message(i), way, jid(mallory), account, run)
  assert.equal(read, 500)
  collect()
  assert.ok(memoryUsage().heapUsed - before < 10 * megabyte, `${memoryUsage().heapUsed - before} bytes are kept`)
})

test('S128: a server that asks and asks, and does not read the answers, is given up', async () => {
  await using server = await HostileServer.start({ asksForAcks: false })
  await using victim = await Victim.login(server)
  const socket = server.connection.secure
  socket?.pause()
  const asks = `<r xmlns='urn:xmpp:sm:3'/>`.repeat(100_000)
  for (let i = 0; i < 12; i++) server.connection.put(asks)
  const state = await victim.reaches('waiting')
  assert.ok(state.name === 'waiting' && state.reason.kind === 'connect', 'the connection was given up')
  socket?.resume()
})

test('S128: a server that asks and asks, and acknowledges no answer, is given up', async () => {
  await using server = await HostileServer.start({ asksForAcks: false })
  await using victim = await Victim.login(server)
  server.script.send = (element) => (element.name === 'a' ? undefined : element)
  server.script.receive = (element) => element.name === 'iq' && element.attr('type') === 'error'
  const asks = `<iq type='get' id='${'x'.repeat(1_000)}' from='${mallory}'><x xmlns='urn:x'/></iq>`.repeat(1_000)
  for (let i = 0; i < 12; i++) server.connection.put(asks)
  const state = await victim.reaches('waiting')
  assert.ok(state.name === 'waiting' && state.reason.kind === 'connect', 'the connection was given up')
  server.script = {}
  await victim.reaches('online')
})
