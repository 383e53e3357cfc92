/** Every example runs as a process of its own, and does what it says. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Client } from '../../examples/client.ts'
import { Program } from './program.ts'

const address = '127.0.0.1'
const romeo = { local: 'romeo', domain: 'localhost', password: 'wherefore-art-thou' }
const options = { timeout: 60_000 }

test('embed-a-server: a program has a server of its own, and ends it cleanly', options, async () => {
  using program = new Program(['examples/embed-a-server/main.ts'])
  await program.prints(/^c2s 127\.0\.0\.1 \d+$/m)
  await program.prints(/^tls 127\.0\.0\.1 \d+$/m)
  await program.prints(/^romeo@localhost can log in$/m)
  assert.equal(await program.stop(), 0)
  assert.match(program.output, /^stopped$/m)
})

test('custom-feature: what is written to the host comes back', options, async () => {
  using program = new Program(['examples/custom-feature/main.ts'])
  const port = Number((await program.prints(/port (\d+)$/m))[1])
  const client = await Client.login({ address, port }, romeo)
  client.send("<message to='localhost'><body>Is there anybody?</body></message>")
  const echo = await client.next()
  assert.equal(echo.attr('from'), 'localhost')
  assert.equal(echo.childText('body'), 'Is there anybody?')
  await client[Symbol.asyncDispose]()
  assert.equal(await program.stop(), 0)
})

test('test-server: a test with a server in its own process passes', options, async () => {
  using program = new Program(['--test', '--test-reporter=spec', 'examples/test-server/chat.test.ts'])
  assert.equal(await program.ends(), 0, program.output)
  assert.match(program.output, /a message goes from romeo to juliet/)
})

test('every example is run by a test in this folder', () => {
  const folders = globSync('*/', { cwd: join(import.meta.dirname, '../../examples') }).sort()
  assert.deepEqual(folders, [
    'client-guide',
    'client-library',
    'command-line',
    'custom-feature',
    'embed-a-server',
    'test-server',
    'writing-a-feature',
  ])
})

test('the code in README.md is part of an example', () => {
  const root = join(import.meta.dirname, '../..')
  const flush = (code: string): string => code.replace(/^ +/gm, '')
  const examples = globSync('examples/**/*.ts', { cwd: root }).map((file) =>
    flush(readFileSync(join(root, file), 'utf8')),
  )
  const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)]
  assert.ok(blocks.length >= 2)
  for (const [, code] of blocks)
    assert.ok(
      examples.some((example) => example.includes(flush(code!))),
      code,
    )
})
