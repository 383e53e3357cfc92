/**
 * Writes the table of all settings into docs/guide/configuration.md, from the schema: `--write`; `--check` fails when the
 * table there is not the one the schema gives.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configReference } from '../src/config/reference.ts'

const file = join(import.meta.dirname, '../../../docs/guide/configuration.md')
const from = '<!-- generated from the schema: node apps/daemon/scripts/config-reference.ts --write -->'
const to = '<!-- end of the generated part -->'

const text = readFileSync(file, 'utf8')
const start = text.indexOf(from)
const end = text.indexOf(to)
if (start === -1 || end < start) throw new Error(`${file} has no place for the generated part`)
const wanted = `${text.slice(0, start)}${from}\n\n${configReference()}\n${text.slice(end)}`
if (process.argv.includes('--write')) {
  writeFileSync(file, wanted)
} else if (wanted !== text) {
  process.stderr.write(
    'docs/guide/configuration.md is out of date: node apps/daemon/scripts/config-reference.ts --write\n',
  )
  process.exitCode = 1
}
