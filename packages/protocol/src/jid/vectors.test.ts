import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { nicknameKey, prepareNickname, prepareOpaque, prepareUsername } from '../precis/index.ts'
import { parseJid } from './index.ts'

/** Rows of a file in spec/jid: columns between tabs, \u{…} for a code point, # for comments. An empty line is a row of one empty column. */
function vectors(name: string): string[][] {
  const text = readFileSync(new URL(`../../../../spec/jid/${name}.txt`, import.meta.url), 'utf8')
  const lines = text.split('\n').slice(0, -1)
  return lines.filter((line) => !line.startsWith('# ')).map((line) => line.split('\t').map(decodeEscapes))
}

function decodeEscapes(column: string): string {
  return column.replaceAll(/\\u\{([0-9A-F]+)\}/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
}

describe('vectors of spec/jid', () => {
  test('addresses are prepared to their parts', () => {
    for (const [input = '', local, domain, resource] of vectors('valid')) {
      const parsed = parseJid(input)
      assert.deepEqual(
        [parsed?.local, parsed?.domain, parsed?.resource],
        [local, domain, resource],
        JSON.stringify(input),
      )
    }
  })

  test('strings that are no addresses are refused', () => {
    for (const [input = '', why] of vectors('invalid')) {
      assert.equal(parseJid(input)?.toString(), undefined, `${JSON.stringify(input)}: ${why}`)
    }
  })

  const profiles = {
    username: prepareUsername,
    opaque: prepareOpaque,
    nickname: prepareNickname,
    'nickname-key': nicknameKey,
  }
  for (const [name, prepare] of Object.entries(profiles)) {
    test(`${name} strings are prepared or refused`, () => {
      for (const [input = '', prepared] of vectors(name)) assert.equal(prepare(input), prepared, JSON.stringify(input))
    })
  }
})
