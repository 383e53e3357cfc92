import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { jsonSchema } from './json-schema.ts'
import { configReference } from './reference.ts'

test('the reference in docs/guide/configuration.md is the one the schema gives', () => {
  const script = join(import.meta.dirname, '../../scripts/config-reference.ts')
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
})

test('every setting has a description', () => {
  const reference = configReference()
  assert.doesNotMatch(reference, /\|\s+\|$/m)
  for (const name of Object.keys(jsonSchema.properties ?? {})) assert.ok(reference.includes(name), name)
})
