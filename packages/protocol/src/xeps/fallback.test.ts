/** What a body says beside its fallback: counted in code points, and never outside of the text. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Element, el, parseElement } from '../xml/index.ts'
import { FALLBACK_NS, fallbackBefore, fallbackRanges, withoutFallback } from './fallback.ts'
import { quotation, REPLIES_NS } from './replies.ts'

const body = '🦉 says *hoo*'

function message(content: string): Element {
  const marked = content.replaceAll('<fallback ', `<fallback xmlns='${FALLBACK_NS}' `)
  const element = parseElement(`<message xmlns='jabber:client'>${marked}</message>`)
  assert.ok(element instanceof Element)
  return element
}

for (const [what, content, left] of [
  ['a part', "<fallback for='a'><body start='0' end='7'/></fallback>", '*hoo*'],
  ['the part until the end', "<fallback for='a'><body start='1'/></fallback>", '🦉'],
  ['the part from the start', "<fallback for='a'><body end='1'/></fallback>", ' says *hoo*'],
  ['the whole body', "<fallback for='a'><body/></fallback>", ''],
  ['the whole message', "<fallback for='a'/>", ''],
  ['the subject only', "<fallback for='a'><subject/></fallback>", body],
  ['another specification', "<fallback for='c'/>", body],
  ['broken', "<fallback for='a'><body start='x'/></fallback>", body],
  ['parts out of order', "<fallback for='a'><body start='7'/><body start='0' end='2'/></fallback>", 'says '],
  ['parts that overlap', "<fallback for='a'><body start='0' end='5'/><body start='2' end='7'/></fallback>", '*hoo*'],
  ['parts in parts', "<fallback for='a'><body start='0' end='7'/><body start='2' end='3'/></fallback>", '*hoo*'],
  [
    'two specifications',
    "<fallback for='a'><body end='2'/></fallback><fallback for='b'><body start='7'/></fallback>",
    'says ',
  ],
  ['past the end', "<fallback for='a'><body start='7' end='9007199254740991'/></fallback>", '🦉 says '],
  ['behind the end', "<fallback for='a'><body start='99' end='100'/></fallback>", body],
  ['ends before it starts', "<fallback for='a'><body start='7' end='2'/></fallback>", body],
  ['without length', "<fallback for='a'><body start='3' end='3'/></fallback>", body],
] as const)
  it(`fallback that is ${what} leaves ${JSON.stringify(left)}`, () =>
    assert.equal(withoutFallback(message(content), body, ['a', 'b']), left))

it('ranges that touch are one, in UTF-16 units', () => {
  const marked = message(
    "<fallback for='a'><body start='1' end='3'/><body start='0' end='1'/><body start='5' end='6'/></fallback>",
  )
  assert.deepEqual(fallbackRanges(marked, body, ['a']), [
    [0, 4],
    [6, 7],
  ])
})

it('a subject has ranges of its own', () => {
  const marked = message("<fallback for='a'><subject start='0' end='4'/><body start='1' end='3'/></fallback>")
  assert.equal(withoutFallback(marked, 'Re: owls', ['a'], 'subject'), 'owls')
})

it('thousands of parts that overlap are one range', () => {
  const parts = Array.from({ length: 4000 }, (_, at) => `<body start='${at}' end='${at + 5000}'/>`).join('')
  const text = '🦉'.repeat(10_000)
  const marked = message(`<fallback for='a'>${parts}</fallback>`)
  assert.deepEqual(fallbackRanges(marked, text, ['a']), [[0, 17_998]])
})

it('a quotation before an answer is cut off again', () => {
  const quoted = quotation('Who 🦉\nis it?')
  assert.equal(quoted, '> Who 🦉\n> is it?\n')
  const answer = el('message', 'jabber:client', undefined, [fallbackBefore(REPLIES_NS, quoted)])
  assert.equal(withoutFallback(answer, `${quoted}It is I.`, [REPLIES_NS]), 'It is I.')
})
