/** What fails is run once more in CI, and told. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, execPath } from 'node:process'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const fine = "test('fine', () => {})"
const fails = "test('fails', () => assert.fail('always'))"
const failsFirst = `test('fails first', () => {
  const isFirst = !existsSync('been-here')
  writeFileSync('been-here', '')
  assert.ok(!isFirst)
})`

/** Runs all tests of a project that has these; `told`: what stands in the file `UNSTEADY`. */
async function run(
  tests: readonly string[],
  CI: string,
): Promise<{ readonly code: number; readonly said: string; readonly told: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-tests-'))
  const head =
    "import assert from 'node:assert/strict'; import { existsSync, writeFileSync } from 'node:fs'; import { test } from 'node:test'\n"
  mkdirSync(join(folder, 'packages'))
  for (const [index, content] of tests.entries())
    writeFileSync(join(folder, 'packages', `${index}.test.ts`), head + content)
  const UNSTEADY = join(folder, 'unsteady')
  writeFileSync(UNSTEADY, '')
  const { NODE_TEST_CONTEXT: _, ...environment } = env
  const child = spawn(execPath, [fileURLToPath(new URL('./test.ts', import.meta.url))], {
    cwd: folder,
    env: { ...environment, CI, UNSTEADY },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  const told = readFileSync(UNSTEADY, 'utf8')
  rmSync(folder, { recursive: true })
  return { code: code as number, said, told }
}

const unsteady = 'unsteady: packages/1.test.ts failed, and passed when it was run again\n'

test('what fails in CI, and then does not, is told as unsteady', async () => {
  const { code, said, told } = await run([fine, failsFirst], 'true')
  assert.equal(code, 0, said)
  assert.ok(said.endsWith(unsteady), said)
  assert.equal(told, unsteady)
})

test('what fails twice, fails', async () => {
  const { code, said, told } = await run([fails, fine], 'true')
  assert.equal(code, 1)
  assert.equal(said.match(/✖ failing tests:/g)?.length, 2, said)
  assert.equal(told, '')
})

test('where more than two files fail, or elsewhere than in CI, nothing is run again', async () => {
  for (const [tests, CI] of [
    [[failsFirst, fails, fails], 'true'],
    [[fine, failsFirst], ''],
  ] as const) {
    const { code, said } = await run(tests, CI)
    assert.equal(code, 1)
    assert.equal(said.match(/✖ failing tests:/g)?.length, 1, said)
  }
})
