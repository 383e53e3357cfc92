import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { DaemonProcess, TemporaryFolder } from './testing/daemon-process.ts'

const fixture = join(import.meta.dirname, 'testing/failing.fixture.ts')

for (const how of ['exception', 'rejection']) {
  test(`an uncaught ${how} is logged, the end is clean, the exit code is not 0`, async () => {
    using folder = new TemporaryFolder()
    await using failing = new DaemonProcess([how], folder.path, [fixture])
    assert.equal(await failing.ended(), 1)
    const { error, level } = await failing.event('failed')
    assert.equal(level, 'error')
    assert.deepEqual({ ...(error as object), stack: '' }, { type: 'TypeError', message: `an ${how}`, stack: '' })
    assert.ok(failing.entries.some((entry) => entry['msg'] === 'the step at the end'))
  })
}
