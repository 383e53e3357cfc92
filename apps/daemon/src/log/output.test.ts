import assert from 'node:assert/strict'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { TemporaryFolder } from '../testing/daemon-process.ts'
import { Output } from './output.ts'

describe('output', () => {
  test('lines come in their order, those that are flushed at once', async () => {
    using folder = new TemporaryFolder()
    const path = join(folder.path, 'log')
    const file = openSync(path, 'w')
    const output = new Output(file)
    const read = (): string => readFileSync(path, 'utf8')
    output.write('one\n')
    output.write('two\n')
    assert.equal(read(), '')
    while (read() !== 'one\ntwo\n') await setImmediate()
    output.write('three\n')
    output.write('ü\n')
    output.flush()
    assert.equal(read(), 'one\ntwo\nthree\nü\n')
    closeSync(file)
  })

  const isFull = existsSync('/dev/full')
  test('a disk that is full costs lines, and no time at the end', {
    skip: isFull ? false : 'no /dev/full here',
  }, async () => {
    const file = openSync('/dev/full', 'w')
    const output = new Output(file)
    for (let i = 0; i < 20; i++) {
      output.write('a line\n')
      await setImmediate()
    }
    output.write('the last\n')
    output.flush()
    closeSync(file)
  })
})
