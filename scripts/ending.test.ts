/** A test file that hangs, or that never ends, fails by name; the others run. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, execPath } from 'node:process'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

/** What the runner says about files of these names and contents, and how it ends. */
async function run(
  files: Readonly<Record<string, string>>,
  limits: { readonly TEST_FILE_SECONDS?: string; readonly TEST_LINGER_SECONDS?: string },
): Promise<{ readonly code: number; readonly said: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-ending-'))
  const head = "import { test } from 'node:test'; import { createServer } from 'node:net'\n"
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), head + content)
  const loaded = new URL('./ending.ts', import.meta.url).href
  const { NODE_TEST_CONTEXT: _, ...environment } = env
  const child = spawn(execPath, ['--import', loaded, '--test', '--test-reporter=spec', ...Object.keys(files)], {
    cwd: folder,
    env: { ...environment, ...limits },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  rmSync(folder, { recursive: true })
  return { code: code as number, said }
}

const fine = "test('another', () => {})"

test('a file that hangs fails, with the name of the test that does', async () => {
  const hangs = `test('waits for ever', async () => {
    createServer().listen(0)
    await new Promise(() => {})
  })`
  const { code, said } = await run({ 'a.test.mjs': hangs, 'b.test.mjs': fine }, { TEST_FILE_SECONDS: '5' })
  assert.equal(code, 1)
  assert.match(said, /^a\.test\.mjs: not at its end after 5 s\n {2}running: waits for ever\n {2}open: .*TCPServer/m)
  assert.match(said, /✔ another/)
})

test('a file that leaves something open fails, with what that is', async () => {
  const leaves = "test('forgets a server', () => void createServer().listen(0))"
  const { code, said } = await run({ 'a.test.mjs': leaves, 'b.test.mjs': fine }, { TEST_LINGER_SECONDS: '2' })
  assert.equal(code, 1)
  assert.match(said, /^a\.test\.mjs: 2 s after its last test something is still open\n {2}open: .*TCPServer/m)
  assert.match(said, /✔ another/)
})

test('a file that ends by itself is left alone', async () => {
  const { code, said } = await run({ 'b.test.mjs': fine }, {})
  assert.equal(code, 0, said)
})
