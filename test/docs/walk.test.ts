/** ARCHITECTURE.md is true: files that it names exist, the walk's table goes the way imports go, phases are in order. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')

/** The rows of the table below a heading, each split into its cells. */
function table(heading: string): string[][] {
  const section = text.split(/^## /m).find((part) => part.startsWith(heading))
  assert.ok(section, `ARCHITECTURE.md has no section "${heading}"`)
  const rows = section.split('\n').filter((line) => line.startsWith('|'))
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

test('every file in the tables of both walks exists', () => {
  const rows = [...table('The walk'), ...table('The client library')]
  assert.ok(rows.length >= 18, 'the tables of the walks are not found')
  for (const row of rows) {
    const links = [...row[1]!.matchAll(/\]\(([^)]+)\)/g)].map(([, path]) => path!)
    assert.ok(links.length > 0, `a step without a file: ${row.join(' | ')}`)
    for (const path of links) assert.ok(existsSync(join(root, path)), `${path} is not there`)
  }
})

test('every file and folder named in backticks exists', () => {
  const known = globSync('{packages,apps,scripts,bench,examples,scenarios,spec,test}/**/*', {
    cwd: root,
    exclude: (path) => path.includes('node_modules'),
  })
  const missing: string[] = []
  for (const [, name] of text.matchAll(/`([\w./-]+\.ts|[\w-]+(?:\/[\w-]+)*\/)`/g)) {
    const wanted = name!.endsWith('/') ? name!.slice(0, -1) : name!
    if (!known.some((path) => path === wanted || path.endsWith(`/${wanted}`))) missing.push(name!)
  }
  assert.deepEqual(missing, [])
})

test('the phases are those of the corridor, in its order', () => {
  const source = readFileSync(join(root, 'packages/server/src/journey.ts'), 'utf8')
  const order = /screen -> .*/.exec(source)?.[0].trim().split(' -> ')
  assert.deepEqual(
    table('Phases').map(([name]) => name!.replaceAll('`', '')),
    order,
  )
})

test('every decision is listed', () => {
  const listed = readFileSync(join(root, 'docs/decisions/README.md'), 'utf8')
  for (const file of globSync('0*.md', { cwd: join(root, 'docs/decisions') }))
    assert.ok(listed.includes(`](${file})`), `docs/decisions/README.md does not list ${file}`)
})
