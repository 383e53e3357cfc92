/** Asking for a page without the codec gives what the codec reads. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { askForPage, type PageRequest, pageRequest } from './index.ts'

const pages: readonly PageRequest[] = [
  {},
  { max: 0 },
  { max: 10, after: '<&>' },
  { max: 10, before: '' },
  { index: 7, after: undefined },
]

for (const page of pages)
  it(`a page is asked for: ${JSON.stringify(page)}`, () => {
    const { after, ...rest } = page
    assert.deepEqual(pageRequest.parse(askForPage(page)), after === undefined ? rest : page)
  })
