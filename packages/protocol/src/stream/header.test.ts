import assert from 'node:assert/strict'
import { test } from 'node:test'
import { languageOf, majorVersion, StreamHeader } from './index.ts'

test('the major version is a number before a dot [RFC6120 4.7.5]', () => {
  assert.equal(majorVersion('1.0'), 1)
  assert.equal(majorVersion('1.9'), 1)
  assert.equal(majorVersion('2.0'), 2)
  assert.equal(majorVersion('11.3'), 11)
  assert.equal(majorVersion('0.9'), 0)
})

test('leading zeros are ignored [RFC6120 4.7.5]', () => {
  assert.equal(majorVersion('01.0'), 1)
  assert.equal(majorVersion('1.00'), 1)
})

test('whatever is not a version is none', () => {
  const odd = ['', '1', '1.', '.1', '.', '1.0.0', '-1.0', '+1.0', ' 1.0', '1.0 ', '1,0', '1e3.0', '0x1.0', 'one.zero']
  for (const version of [undefined, ...odd, `${'9'.repeat(400)}.0`, '١.٠'])
    assert.equal(majorVersion(version), 0, version)
})

test('a language tag is the language of the stanzas that name none [RFC6120 4.7.4]', () => {
  for (const lang of ['en', 'de-CH', 'zh-Hant-HK', 'x-klingon', 'i-default'])
    assert.equal(languageOf(new StreamHeader({ lang })), lang)
})

test('what has not the form of a language tag is no language', () => {
  const odd = [
    '',
    '-',
    'en-',
    '-en',
    'en--us',
    'en_US',
    'e n',
    'de\n',
    "e'n",
    'é',
    'abcdefghi',
    `${'ab-'.repeat(12)}ab`,
  ]
  for (const lang of [undefined, ...odd]) assert.equal(languageOf(new StreamHeader({ lang })), undefined, lang)
})
