import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Element, parseElement } from '@rookery/protocol/xml'
import { priorityOf } from './priority.ts'

function priority(content: string): number | undefined {
  const element = parseElement(`<presence xmlns='jabber:client'>${content}</presence>`)
  assert.ok(element instanceof Element)
  return priorityOf(element)
}

test('a priority is an integer from -128 to 127, and 0 when there is none', () => {
  const good: [string, number][] = [
    ['', 0],
    ['<show>away</show>', 0],
    ['<priority>5</priority>', 5],
    ['<priority> -128\n</priority>', -128],
    ['<priority>+127</priority>', 127],
    ["<priority xmlns='urn:example:other'>999</priority>", 0],
  ]
  for (const [content, value] of good) assert.equal(priority(content), value, content)
})

test('anything else is none', () => {
  const bad = ['', '128', '-129', '1.5', '1e1', 'NaN', 'high', '0x10', '9'.repeat(400), '1<b/>', '- 1', '--1']
  for (const text of bad) assert.equal(priority(`<priority>${text}</priority>`), undefined, text)
  assert.equal(priority('<priority>1</priority><priority>2</priority>'), undefined)
})
