/** Asking for documents as bundles for browsers do, which leave redirects to the browser. Chromium does it in test/browser/platform.test.ts. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { env, execPath } from 'node:process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

test('host-meta is found as elsewhere', () => {
  const { NODE_TEST_CONTEXT: _, ...others } = env
  // a browser calls redirects without end a failure; it does not let a page from https: ask by http:, Node does
  const different = ['follows a few redirects', 'the server leads to a document that anybody could have written']
  const skipped = different.map((name) => `--test-skip-pattern=${name}`)
  const path = fileURLToPath(new URL('discovery.test.ts', import.meta.url))
  const { status, stdout } = spawnSync(
    execPath,
    ['--conditions=browser', '--test', '--test-isolation=none', '--test-reporter=tap', ...skipped, path],
    { encoding: 'utf8', env: others },
  )
  assert.equal(status, 0, stdout)
  assert.match(stdout, /# pass [1-9]/)
})
