/**
 * How long a server that was killed takes until somebody can log in again, with a large archive and many sessions whose clients are
 * away; and how long pages of that archive take. `node bench/restart.ts --messages 1000000 --sessions 10000`
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Element } from '@rookery/protocol/xml'
import { createServer } from '@rookery/server'
import type { HostStorage } from '@rookery/storage'
import { createSqliteStorage } from '@rookery/storage/sqlite'
import { cpuSeconds } from '../apps/daemon/src/bench/process-usage.ts'
import { Client } from '../examples/client.ts'
import { startRookery } from './rookery-target.ts'

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '1000000' },
    sessions: { type: 'string', default: '10000' },
    pages: { type: 'string', default: '1000' },
  },
})
const messages = Number(values.messages)
const sessions = Number(values.sessions)
const pages = Number(values.pages)

const reader = { local: 'reader', domain: 'localhost', password: 'a-password-of-a-bench' }
const since = Date.now() - messages * 1000
const batch = 4000
const folder = mkdtempSync(join(tmpdir(), 'rookery-restart-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

await fill()
const size = statSync(join(folder, 'data', 'rookery.db')).size
console.log(`${messages} messages, ${sessions} sessions whose clients are away, ${Math.round(size / 1_048_576)} MiB`)

const first = await startRookery(folder, { archive: true })
process.kill(first.pids[0]!, 'SIGKILL')
await first.stop()

const begun = performance.now()
const target = await startRookery(folder, { archive: true })
const client = await Client.login({ address: '127.0.0.1', port: target.port }, reader)
console.log(`from the start of the process to a login, after SIGKILL: ${Math.round(performance.now() - begun)} ms`)
try {
  const before = (id: string): string => `<before>${id}</before>`
  const after = (id: string): string => (id === '' ? '' : `<after>${id}</after>`)
  await measurePages('the first of a process', before, 'first') // its code is being compiled
  await measurePages('backwards from the newest', before, 'first')
  await measurePages('forwards from the oldest', after, 'last')
  await measurePages('of contacts, backwards', before, 'first', { peers: 200 })
  await measureMoments()
} finally {
  client.send('</stream:stream>')
  await target.stop()
}

async function fill(): Promise<void> {
  const storage = createSqliteStorage({ folder: join(folder, 'data') })
  const server = await createServer({ hosts: ['localhost'], storage, auth: { hashes: ['SHA-256'], iterations: 4096 } })
  await server.open()
  await server.accounts('localhost').create(reader.local, reader.password)
  await server.stop()
  await storage.open()
  const host = storage.host('localhost')
  await inBatches(messages, (index) => archiveMessage(host, index))
  await inBatches(sessions, (index) => addSession(host, index))
  await storage.close()
}

async function inBatches(count: number, one: (index: number) => Promise<unknown>): Promise<void> {
  for (let start = 0; start < count; start += batch) {
    const length = Math.min(batch, count - start)
    await Promise.all(Array.from({ length }, (_, index) => one(start + index)))
  }
}

function archiveMessage(host: HostStorage, index: number): Promise<unknown> {
  const peer = `peer${index % 200}@localhost`
  const isOut = index % 3 === 0
  const [from, to] = isOut ? [`${reader.local}@localhost/x`, peer] : [`${peer}/x`, `${reader.local}@localhost`]
  const body = `message ${index} ${'lorem ipsum dolor sit amet '.repeat(6)}`
  const stanza = `<message id='m${index}' type='chat' from='${from}' to='${to}'><body>${body}</body></message>`
  return host.archive.append(reader.local, { id: index + 1, at: since + index * 1000, peer, isOut, stanza })
}

async function addSession(host: HostStorage, index: number): Promise<void> {
  const local = `away${index}`
  const id = `session-of-the-bench-${index}`
  const state = JSON.stringify({
    since,
    priority: 0,
    presence: `<presence from='${local}@localhost/x'><show>away</show></presence>`,
    slots: { 'roster:interested': 'yes', 'carbons:wanted': 'yes' },
  })
  const stanza = `<message type='chat' from='romeo@localhost/x' to='${local}@localhost'><body>${'x'.repeat(200)}</body></message>`
  await Promise.all([
    host.accounts.create({ local, created: since, credentials: [] }),
    host.resumption.put({
      id,
      local,
      resource: 'x',
      handled: 10,
      acknowledged: 20,
      until: Date.now() + 600_000,
      state,
      reached: 0,
    }),
    host.resumption.enqueue(id, [
      { seq: 21, at: since, id: 0, isTaken: false, stanza },
      { seq: 22, at: since, id: 0, isTaken: false, stanza },
      { seq: 23, at: since, id: 0, isTaken: false, stanza },
    ]),
  ])
}

/** One after the other; `peers`: of so many contacts in turn. */
async function measurePages(
  what: string,
  place: (id: string) => string,
  edge: 'first' | 'last',
  { count = pages, peers = 0 } = {},
): Promise<void> {
  const times: number[] = []
  const cpu = cpuSeconds(target.pids)
  let id = ''
  let peer = 0
  while (times.length < count) {
    const asked = performance.now()
    const filter = peers === 0 ? '' : field('with', `peer${peer}@localhost`)
    const answer = await answerTo(query(`p${times.length}`, place(id), filter))
    times.push(performance.now() - asked)
    const set = answer.child('fin', 'urn:xmpp:mam:2')?.child('set', 'http://jabber.org/protocol/rsm')
    id = set?.childText(edge) ?? ''
    if (id !== '') continue
    if (peers === 0) break
    peer = (peer + 1) % peers
  }
  report(`page of 50, ${what}`, times, cpu)
}

/** Pages behind moments anywhere in the archive. */
async function measureMoments(): Promise<void> {
  const times: number[] = []
  const cpu = cpuSeconds(target.pids)
  for (let page = 0; page < pages; page++) {
    const at = new Date(since + Math.floor(((page * 7919) % pages) * (messages / pages)) * 1000)
    const asked = performance.now()
    await answerTo(query(`t${page}`, '', field('start', at.toISOString())))
    times.push(performance.now() - asked)
  }
  report('page of 50, from a moment on', times, cpu)
}

/** What ends the page; its messages, which come before, are thrown away. */
async function answerTo(request: string): Promise<Element> {
  client.send(request)
  for (;;) {
    const element = await client.next()
    if (element.name === 'iq') return element
  }
}

function query(id: string, place: string, fields: string): string {
  const form = `<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>urn:xmpp:mam:2</value></field>${fields}</x>`
  const set = `<set xmlns='http://jabber.org/protocol/rsm'><max>50</max>${place}</set>`
  return `<iq type='set' id='${id}'><query xmlns='urn:xmpp:mam:2'>${form}${set}</query></iq>`
}

function field(name: string, value: string): string {
  return `<field var='${name}'><value>${value}</value></field>`
}

/** `before`: CPU time of the server when it began. It survives a busy machine, as the other figures do not. */
function report(what: string, times: number[], before: number | undefined): void {
  const after = cpuSeconds(target.pids)
  const cpu = before === undefined || after === undefined ? '–' : (((after - before) / times.length) * 1000).toFixed(2)
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): string =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(1)
  console.log(`${what}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, server CPU ${cpu} ms each, of ${times.length}`)
}
