/** What published classes do not say. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dropFields } from '../../scripts/fields.ts'

test('public fields without a value are left out, all else is kept', () => {
  const code = `export class A {\n  a;\n  b = 1;\n  #c;\n  static d;\n  ['e'];\n  f; g;\n  constructor() { this.a = class { h; i() { j; } } }\n}\n`
  assert.equal(
    dropFields(code),
    `export class A {\n  \n  b = 1;\n  #c;\n  static d;\n  ['e'];\n   \n  constructor() { this.a = class {  i() { j; } } }\n}\n`,
  )
})

test('what has no such field stays as it is', () => {
  const code = `const a = { b: 1 }\n  \nclass C { d() {} }\n// e;\n`
  assert.equal(dropFields(code), code)
})
