/**
 * Tests of this package again with what bundles for browsers get instead (`imports` in package.json): the same must come out of them, but for
 * what is known to differ, which is left out by name. Chromium itself is asked in test/browser.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { env, execPath } from 'node:process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const files = ['platform/discovery', 'features/upload/upload']
const different = [
  // Redirects are the browser's: without end they are a failure, and pages from https: are kept from http:, where Node goes.
  'follows a few redirects',
  'the server leads to a document that anybody could have written',
  // Few browsers send streams: there they are read to their end before.
  'that breaks, or is refused before all of it is there, lets go of what it was to read',
]

test('host-meta is found, and files are uploaded', () => {
  const { NODE_TEST_CONTEXT: _, ...others } = env
  const skipped = different.map((name) => `--test-skip-pattern=${name}`)
  const paths = files.map((file) => fileURLToPath(new URL(`${file}.test.ts`, import.meta.url)))
  const { status, stdout } = spawnSync(
    execPath,
    ['--conditions=browser', '--test', '--test-isolation=none', '--test-reporter=tap', ...skipped, ...paths],
    { encoding: 'utf8', env: others, timeout: 60_000 },
  )
  assert.equal(status, 0, stdout)
  assert.match(stdout, /# pass [1-9]\d/)
})
