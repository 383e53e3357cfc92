import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ArchivedMessage } from './history.ts'
import { ArchiveJournal, DeviceJournal, files, readHistory, SenderJournal, writeManifest } from './journal.ts'

test('what is written to journals is read back as it was', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-journal-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const sender = new SenderJournal(files.sender(folder, 's0'), true)
  sender.sent(1, 'r0', 'abc')
  sender.resent(1)
  sender.acked(1)
  sender.error(1, 'item-not-found')
  sender.close()
  const device = new DeviceJournal(files.device(folder, 'r0', 'phone'))
  device.session('new')
  device.message('s0-1', 'body with a space, a % and\na line', 'id<1>', 'carbon')
  device.message('s0-1', '', undefined, 'delayed')
  device.session('resumed')
  device.confirmed(2)
  device.session('closed')
  device.close()
  device.session('new')
  const entry: ArchivedMessage = { id: 'ä 1', from: 'a@b', to: 'c@d', origin: 's0-1', body: '', isError: true }
  for (const way of ['forward', 'backward'] as const) {
    const archive = new ArchiveJournal(files.archive(folder, 'r0', way))
    archive.entry(entry)
    archive.entry({ ...entry, isError: false })
    archive.close()
  }
  writeManifest(folder, {
    domain: 'd',
    accounts: [{ name: 'r0', isArchived: true }],
    senders: ['s0'],
    devices: [{ account: 'r0', device: 'phone', isManaged: true, isPresent: false }],
    archives: [{ account: 'r0', count: 2 }],
  })

  const history = readHistory(folder)
  for (let times = 0; times < 2; times++) {
    assert.deepEqual(
      [...history.senders[0]!.events],
      [
        { kind: 'sent', k: 1, to: 'r0', body: 'abc' },
        { kind: 'resent', k: 1 },
        { kind: 'acked', through: 1 },
        { kind: 'error', k: 1, condition: 'item-not-found' },
      ],
    )
    assert.deepEqual(
      [...history.devices[0]!.events],
      [
        { kind: 'session', what: 'new' },
        {
          kind: 'message',
          origin: 's0-1',
          body: 'body with a space, a % and\na line',
          stanzaId: 'id<1>',
          arrival: 'carbon',
        },
        { kind: 'message', origin: 's0-1', body: '', stanzaId: undefined, arrival: 'delayed' },
        { kind: 'session', what: 'resumed' },
        { kind: 'confirmed', count: 2 },
        { kind: 'session', what: 'closed' },
      ],
    )
    assert.deepEqual([...history.archives[0]!.forward], [entry, { ...entry, isError: false }])
  }
})

test('half a line at the end of a journal is not passed over', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-journal-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = files.sender(folder, 's0')
  new SenderJournal(path).close()
  appendFileSync(path, 'A 1')
  writeManifest(folder, { domain: 'd', accounts: [], senders: ['s0'], devices: [], archives: [] })
  assert.throws(() => [...readHistory(folder).senders[0]!.events], /middle of a line/)
})
