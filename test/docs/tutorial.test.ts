/** docs/develop/writing-a-feature.md: its code blocks are files of examples/writing-a-feature, word for word, and these work. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { Program } from './program.ts'

const root = join(import.meta.dirname, '../..')
const folder = 'examples/writing-a-feature'
const text = readFileSync(join(root, 'docs/develop/writing-a-feature.md'), 'utf8')

/** A code block that is a file: the file's name in bold stands in the line before. */
const blocks = [...text.matchAll(/^\*\*\[([^\]]+)\]\(([^)]+)\)\*\*\n+```ts\n([\s\S]*?)^```$/gm)].map(
  ([, file, link, code]) => ({ file: file!, link: link!, code: code! }),
)

for (const { file, link, code } of blocks)
  test(`the code block of ${file} is the file`, () => {
    assert.equal(link, `../../${file}`)
    assert.equal(code, readFileSync(join(root, file), 'utf8'))
  })

test('the tutorial shows every file of its folder, in numbered steps', () => {
  const files = globSync('**/*.ts', { cwd: join(root, folder) }).map((file) => `${folder}/${file}`)
  assert.deepEqual(blocks.map(({ file }) => file).sort(), files.sort())
  const steps = [...text.matchAll(/^## (\d+)\./gm)].map(([, number]) => Number(number))
  assert.deepEqual(
    steps,
    steps.map((_, index) => index + 1),
  )
  assert.ok(steps.length >= 4)
})

test('the server of the last step starts with the feature', { timeout: 60_000 }, async () => {
  using program = new Program([`${folder}/step-4/main.ts`])
  await program.prints(/^holiday notes on port \d+$/m)
  assert.equal(await program.stop(), 0)
})

// the tests of the feature itself, as tests of this file
for (const file of globSync(`${folder}/**/*.test.ts`, { cwd: root }).sort())
  await import(pathToFileURL(join(root, file)).href)
