/** Which form a body has, after the examples of XEP-0393, and that hostile ones cost little. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { el } from '../xml/index.ts'
import { mostNested, type RichNode } from './rich-text.ts'
import { isUnstyled, styledBlocks, unstyled } from './styling.ts'

const marks: Record<string, string> = {
  strong: 'b',
  emphasis: 'i',
  strike: 's',
  code: 'c',
  quote: 'q',
  preformatted: 'pre',
}

/** As words in brackets: short enough to compare. A plain line stands between slashes. */
function drawn(nodes: readonly RichNode[]): string {
  return nodes
    .map((node) => {
      if (typeof node === 'string') return node
      const inner = 'children' in node ? drawn(node.children) : 'text' in node ? node.text : ''
      return node.type === 'line' ? `/${inner}/` : `${marks[node.type]}(${inner})`
    })
    .join('')
}

function depthOf(nodes: readonly RichNode[]): number {
  return Math.max(
    0,
    ...nodes.map((node) => (typeof node === 'string' ? 0 : 1 + ('children' in node ? depthOf(node.children) : 0))),
  )
}

describe('spans', () => {
  for (const [body, expected] of [
    ['plain', 'plain'],
    ['*strong*', 'b(strong)'],
    ['plain _emphasis_ plain', 'plain i(emphasis) plain'],
    ['`pre` plain *strong*', 'c(pre) plain b(strong)'],
    ['*strong*plain*', 'b(strong)plain*'],
    ['* plain *strong*', '* plain b(strong)'],
    ['not strong*', 'not strong*'],
    ['*not strong', '*not strong'],
    ['*not *strong', '*not *strong'],
    ['**', '**'],
    ['***', '***'],
    ['****', '****'],
    ['**not strong**', '**not strong**'],
    ['Everyone ~dis~likes cake.', 'Everyone s(dis)likes cake.'],
    ['`*monospace*`', 'c(*monospace*)'],
    ['*`monospace and bold`*', 'b(c(monospace and bold))'],
    ['*_~all~_*', 'b(i(s(all)))'],
    ['*a _b* c_', 'b(a _b) c_'],
    ['*a **', 'b(a *)'],
    ['*a * b*', 'b(a * b)'],
    ['a*b*c', 'a*b*c'],
    ['*\u00a0a*', '*\u00a0a*'],
    ['*a\u3000*', '*a\u3000*'],
    ['\u{1f989} *\u{1f989}*', '\u{1f989} b(\u{1f989})'],
    ['(*a*)', '(*a*)'],
  ] as const)
    it(body, () => assert.equal(drawn(styledBlocks(body)), `/${expected}/`))
})

describe('blocks', () => {
  for (const [body, expected] of [
    ['', '//'],
    ['*not\nstrong*', '/*not//strong*/'],
    ['```ignored\n(*hello*)\n```\n\n*a*', 'pre((*hello*))///b(a)/'],
    ['```\na\n``` b\n```', 'pre(a\n``` b)'],
    ['```\nnot closed\n', 'pre(not closed\n)'],
    ['> ```\n> (hello)\n\nplain', 'q(pre((hello)))///plain/'],
    ['> *a*\n\nb', 'q(/b(a)/)///b/'],
    ['>> a\n> b\n\nWho?', 'q(q(/a/)/b/)///Who?/'],
    ['> ```\n> > a\n> ```\n> > b', 'q(pre(> a)q(/b/))'],
    ['>> ```\n>> a\n> b', 'q(q(pre(a))/b/)'],
    ['>a\n>  b', 'q(/a// b/)'],
    ['>', 'q(//)'],
    [' > a', '/ > a/'],
  ] as const)
    it(JSON.stringify(body), () => assert.equal(drawn(styledBlocks(body)), expected))
})

describe('hostile bodies', () => {
  it('quotations are at most 28 deep, then text', () => {
    const nodes = styledBlocks(`${'>'.repeat(200_000)}*_~a~_*`)
    assert.equal(depthOf(nodes), mostNested - 3)
    assert.ok(depthOf(styledBlocks(`${'>'.repeat(28)}*_~a~_*`)) <= mostNested)
  })

  for (const piece of ['*a _b ~c `d ', '*_~', '*a* ', '_a *a ', '** ', '>```\n', '> a\n>> b\n'])
    it(`${JSON.stringify(piece)} again and again is read in one pass`, () => {
      const body = piece.repeat(Math.ceil(262_144 / piece.length))
      assert.ok(styledBlocks(body).length > 0) // a pass for each directive would take minutes
    })

  it('whatever the body, its letters stay in order and nothing is deep', () => {
    const body = fc.string({
      unit: fc.constantFrom('*', '_', '~', '`', '```', '>', ' ', '\n', 'a', 'b', '\u{1f989}'),
      maxLength: 60,
    })
    const letters = (text: string): string => text.replace(/[^ab\u{1f989}]/gu, '')
    const plain = (nodes: readonly RichNode[]): string =>
      nodes
        .map((n) => (typeof n === 'string' ? n : 'children' in n ? plain(n.children) : 'text' in n ? n.text : ''))
        .join('')
    fc.assert(
      fc.property(body, (text) => {
        const nodes = styledBlocks(text)
        assert.ok(depthOf(nodes) <= mostNested)
        const opening = /^((?:>\s?)*)```.*$/gm // what stands behind the opening of a block is not shown
        if (!opening.test(text)) assert.equal(letters(plain(nodes)), letters(text))
      }),
      { numRuns: 2000 },
    )
  })
})

it('a message can ask for no styling', () => {
  assert.equal(isUnstyled(el('message', 'jabber:client', undefined, [unstyled()])), true)
  assert.equal(isUnstyled(el('message', 'jabber:client', undefined, [el('unstyled', 'jabber:client')])), false)
})
