/**
 * The short run of the proof "no message lost": at least 20 SIGKILLs in about two minutes, with a seed that stays the same, and everything else that
 * the nemesis can do on this machine. The long run is `node test/nolost/main.ts --kills 200 --messages 1000000`; docs/reliability.md has its figures.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseOptions } from './options.ts'
import { table } from './report.ts'
import { run } from './run.ts'

// until all of it is reached: a slow machine takes longer
const least = ['--kills', '20', '--secs', '75', '--messages', '5000', '--limit', '360']
const options = { timeout: 570_000 }

test('no message is lost, doubled, changed or out of order, whatever happens to the server', options, async (t) => {
  const words = parseOptions(['--seed', '1', ...least, '--rate', '1000', '--longest-stop', '5', '--disk', '2'])
  const report = await run(words!, (text) => t.diagnostic(text))
  for (const line of table(report).split('\n')) t.diagnostic(line)
  for (const [rule, count] of Object.entries(report.findings.counts)) assert.equal(count, 0, rule)
  assert.deepEqual(report.faults, [])
  assert.equal(report.findings.open, 0, 'in the end everything is acknowledged')
  assert.ok(report.kills >= 20, `${report.kills} kills`)
  assert.ok(report.findings.acknowledged >= 5000, `${report.findings.acknowledged} messages`)
})
