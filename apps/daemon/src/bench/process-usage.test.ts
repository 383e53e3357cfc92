import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cpuSeconds, parseCpuSeconds, parseResidentKb, residentKb } from './process-usage.ts'

test('CPU time is user plus system time, also when the command has spaces and brackets in its name', () => {
  const stat = '42 (a (b) c) S 1 42 42 0 -1 4194560 100 0 0 0 250 150 7 9 20 0 11 0 100 1000 200'
  assert.equal(parseCpuSeconds(stat), 4)
})

test('resident memory is VmRSS', () => {
  assert.equal(parseResidentKb('Name:\tx\nVmHWM:\t  999 kB\nVmRSS:\t  1234 kB\n'), 1234)
})

test('without processes, or with one that is gone, nothing is known rather than zero', () => {
  assert.equal(cpuSeconds([]), undefined)
  assert.equal(residentKb([2 ** 22 + 1]), undefined)
})
