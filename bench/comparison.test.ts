import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountsFor, cases, chooseCases } from './cases.ts'
import { comparisonTable } from './comparison.ts'
import type { CaseResult } from './run-case.ts'

const chat = (delivered: number, cpu: number, loopP99Ms?: number): CaseResult => ({
  mode: 'chat',
  tls: false,
  users: 200,
  window: 5,
  size: 64,
  ready: 200,
  failed: 0,
  errors: 0,
  lost: 0,
  reasons: [],
  loginSeconds: 1,
  loginsPerSecond: 200,
  cpuMsPerLogin: 1,
  measuredSeconds: 6,
  measuredFrom: 1_800_000_000_000,
  sentPerSecond: delivered,
  deliveredPerSecond: delivered,
  serverCpu: 1,
  cpuMicrosPerStanza: cpu,
  generatorCpu: 0.5,
  p50Ms: 1,
  p99Ms: 2,
  rssBeforeMb: 50,
  rssAfterMb: 60,
  kbPerSession: 8,
  loopP99Ms,
})

test('the table shows each server and the ratio of the first to the others', () => {
  const chosen = chooseCases(['chat_w5'], 6, false)
  const table = comparisonTable(
    chosen,
    ['rookery', 'ejabberd'],
    [
      { server: 'rookery', case: 'chat_w5', result: chat(90_000, 11, 4.5) },
      { server: 'ejabberd', case: 'chat_w5', result: chat(18_000, 55) },
    ],
  )
  assert.match(table, /rookery ÷ ejabberd/)
  assert.match(table, /delivered per second +90,000 +18,000 +5\.00/)
  assert.match(table, /event loop late, p99 ms +4\.50 +–/)
  assert.match(table, /server CPU, µs each +11\.00 +55\.00 +0\.20/)
})

test('a failed case and doubtful figures are said', () => {
  const table = comparisonTable(
    chooseCases(['chat_w5'], 6, false),
    ['rookery', 'prosody'],
    [
      { server: 'rookery', case: 'chat_w5', result: { ...chat(90_000, 11), lost: 3 } },
      { server: 'prosody', case: 'chat_w5', failure: 'it did not start' },
    ],
  )
  assert.match(table, /! rookery, chat_w5: 3 stanzas did not arrive/)
  assert.match(table, /! prosody, chat_w5: it did not start/)
})

test('cases are chosen by name, an unknown name is refused, quick takes fewer users', () => {
  assert.equal(chooseCases([], 6, false).length, cases.length)
  assert.throws(() => chooseCases(['chat_w9'], 6, false), /chat_w9/)
  assert.equal(accountsFor(chooseCases([], 6, false)), 2000)
  assert.equal(accountsFor(chooseCases([], 6, true)), 400)
})
