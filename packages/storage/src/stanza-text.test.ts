import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headOf, idOf } from './stanza-text.ts'

const starts = [
  "<message id='a1' to='b@c'>",
  "<message to='b@c' type='chat' id=\"it's\"/>",
  "<message to=\" id='no'\" id='yes'>",
  "<message to='b@c' xml:id='x' myid='y'>",
  "<message to='b@c'>",
  "<message\n\tid = 'spaced'\r\n>",
  "<message id='a&amp;b&#x20;c'>",
  "<message id='a\tb'>",
  "<message id='\xc3\xa9'>",
  "<message id=''>",
]

test('the id of a stanza is what a parser reads', () => {
  for (const start of starts) {
    const stanza = `${start}<body id='inner'>hi</body></message>`
    assert.equal(idOf(stanza), headOf(stanza)?.attr('id'), start)
  }
  assert.equal(idOf("<message id='a&amp;b'/>"), 'a&b')
})

test('what is no stanza has no id', () => {
  for (const text of [
    '',
    'hello',
    '<',
    '<message',
    "<message id='a",
    '<message id=\'a"',
    '<message x="\'>',
    "x id='a'",
  ])
    assert.equal(idOf(text), undefined, text)
})
