import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isNameCharacter, isNameStart } from './name-characters.ts'

const code = (character: string): number => character.codePointAt(0)!

test('letters of every script that the fourth edition of XML knew begin names', () => {
  for (const c of 'aZ_éñßЖλאعअกあア漢一가힣Ω') assert.ok(isNameStart(code(c)), c)
})

test('digits, hyphens, full stops and combining characters only follow', () => {
  for (const c of '09-.·\u0300\u0361٣々') {
    assert.ok(!isNameStart(code(c)), c)
    assert.ok(isNameCharacter(code(c)), c)
  }
})

test('what only the fifth edition allows is refused: expat would not read it [S11]', () => {
  for (const c of [
    '\u{10000}',
    '\u{1f600}',
    '\u0220',
    '\u200c',
    '\u2070',
    '\u3021\u0370'.slice(1),
    '\ufdf0',
    '\u2c00',
    '\ua000',
  ])
    assert.ok(!isNameCharacter(code(c)), c)
})

test('marks, spaces and colons are in no name', () => {
  for (const c of ' :/<>&"\'=×÷\u037e\u2028\ufffe\uffff') assert.ok(!isNameCharacter(code(c)), c)
})
