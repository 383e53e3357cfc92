/** The scenario files and their README as they are: every file can be read, every sentence is known, every block is XML. Plays nothing. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isSentence, readScenarios } from '../../packages/testkit/src/scenario/index.ts'
import { readPatterns } from '../../packages/testkit/src/scenario/pattern.ts'

const folder = join(import.meta.dirname, '../../scenarios')

test('every sentence of every scenario is one that the runner knows', () => {
  for (const { file, steps } of readScenarios(folder))
    for (const { line, text } of steps) assert.ok(isSentence(text), `${file}:${line}: ${text}`)
})

test('every expected stanza is XML', () => {
  for (const { file, steps } of readScenarios(folder))
    for (const { text, block, blockLine } of steps)
      if (block !== undefined && !text.endsWith('sends raw'))
        assert.doesNotThrow(() => readPatterns(block), `${file}:${blockLine}`)
})

test('every scenario has a title of its own and clauses with a number', () => {
  const titles = new Map<string, string>()
  for (const { file, title, clauses } of readScenarios(folder)) {
    assert.equal(titles.get(title), undefined, `${file} has the title of ${titles.get(title)}`)
    titles.set(title, file)
    for (const clause of clauses) assert.match(clause, /^(RFC\d+|XEP-\d{4}) (\d+|A)(\.\d+)*$/, file)
  }
})

test('every note says which clause decides', () => {
  for (const { file, notes } of readScenarios(folder))
    for (const { line, why } of notes) assert.match(why, /(RFC\d+|XEP-\d{4}) (\d|A)/, `${file}:${line}`)
})

test('every sentence of the README is one that the runner knows', () => {
  const sections = readFileSync(join(folder, 'README.md'), 'utf8').split('\n## ')
  const told = sections.filter((text) => text.startsWith('What people'))
  assert.equal(told.length, 2)
  for (const row of told.join('\n').matchAll(/^\| (`[^|]*`) \|/gm))
    for (const [, sentence] of row[1]!.matchAll(/`([^`]+)`/g))
      assert.ok(isSentence(sentence!.replace(/:$/, '')), `README: ${sentence}`)
})
