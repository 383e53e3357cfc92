/** Declared elements: types, the three answers of a parser, building, and what hostile elements do to them. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { jid } from '../jid/index.ts'
import { Element, el, type Node } from '../xml/index.ts'
import {
  address,
  anyChildren,
  attribute,
  attributesOf,
  boolean,
  CodecError,
  child,
  children,
  dateTime,
  element,
  flag,
  type Infer,
  ignorableAttribute,
  integer,
  oneOf,
  optionalAttribute,
  optionalChild,
  optionalOwnText,
  optionalText,
  text,
  texts,
} from './index.ts'

const ns = 'urn:example:play'
const role = element(ns, 'role', { name: text('name'), lines: optionalAttribute('lines', integer(0, 1000)) })
const play = element(ns, 'play', {
  author: attribute('author', address),
  kind: optionalAttribute('kind', oneOf('comedy', 'tragedy')),
  mood: ignorableAttribute('mood', oneOf('dark')),
  first: optionalAttribute('first', dateTime),
  printed: optionalAttribute('printed', boolean),
  title: text('title'),
  note: optionalText('note'),
  lost: flag('lost'),
  places: texts('place'),
  tags: attributesOf('tag', 'name', oneOf('sea', 'storm')),
  hero: child(role),
  villain: optionalChild(element(ns, 'villain', { words: optionalOwnText() })),
  roles: children(role),
})

type Play = Infer<typeof play>

const tempest: Play = {
  author: jid('will@globe.example'),
  kind: 'comedy',
  first: 0,
  printed: true,
  title: 'The Tempest',
  lost: true,
  places: ['a ship', 'an island'],
  tags: ['sea', 'storm'],
  hero: { name: 'Prospero', lines: 650 },
  villain: { words: 'none' },
  roles: [{ name: 'Prospero', lines: 650 }],
}
const whole = play.build({ ...tempest, roles: [] })
const least = el('play', ns, { author: 'will@globe.example' }, [
  el('title', ns, undefined, 'X'),
  el('role', ns, undefined, [el('name', ns)]),
])

function sentence(value: unknown): string {
  assert.ok(value instanceof CodecError)
  return value.sentence
}

describe('a declared element', () => {
  it('builds what it parses', () => assert.deepEqual(play.parse(whole), tempest))

  it('leaves out what is missing', () => {
    assert.deepEqual(play.parse(least), {
      author: jid('will@globe.example'),
      title: 'X',
      places: [],
      tags: [],
      hero: { name: '' },
      roles: [{ name: '' }],
    })
  })

  it('is not another one', () => {
    assert.equal(play.parse(el('play', 'urn:example:other')), undefined)
    assert.equal(play.parse(el('Play', ns)), undefined)
    assert.equal(play.matches(least), true)
  })

  it('is found among children, the first of them', () => {
    assert.equal(role.find(el('scene', ns)), undefined)
    assert.deepEqual(role.find(least), { name: '' })
    assert.ok(role.find(el('scene', ns, undefined, [el('role', ns)])) instanceof CodecError)
  })

  it('ignores what is not declared', () => {
    const more = least.with({ colour: 'red', '{urn:x}kind': 'farce' })
    const children = [...more.children, 'noise', el('title', 'urn:x', undefined, 'Y'), el('unknown', ns)]
    assert.deepEqual(play.parse(more.withChildren(children)), play.parse(least))
  })

  it('says in a sentence what is wrong', () => {
    const without = (name: string): Element =>
      least.withChildren(least.children.filter((node) => (node as Element).name !== name))
    assert.equal(sentence(play.parse(least.with({ author: undefined }))), '<play/> needs the attribute "author".')
    assert.equal(
      sentence(play.parse(least.with({ author: '@' }))),
      'The attribute "author" of <play/> must be an XMPP address.',
    )
    assert.equal(
      sentence(play.parse(least.with({ kind: 'farce' }))),
      'The attribute "kind" of <play/> must be one of "comedy", "tragedy".',
    )
    assert.equal(sentence(play.parse(without('title'))), '<play/> needs the child <title/>.')
    assert.equal(sentence(play.parse(without('role'))), '<play/> needs the child <role/>.')
    const twice = least.withChildren([...least.children, el('title', ns)])
    assert.equal(sentence(play.parse(twice)), '<play/> may have one <title/> only.')
    const tagged = least.withChildren([...least.children, el('tag', ns, { name: 'sand' })])
    assert.equal(sentence(play.parse(tagged)), 'The attribute "name" of <tag/> must be one of "sea", "storm".')
  })

  it('takes an unknown value for none where that is declared', () => {
    assert.deepEqual(play.parse(least.with({ mood: 'bright' })), play.parse(least))
  })

  it('is told by its check what parts mean together', () => {
    const pair = element(ns, 'pair', { a: optionalText('a'), b: optionalText('b') }, ({ a, b }) =>
      a === b ? 'They must differ.' : undefined,
    )
    assert.equal(sentence(pair.parse(el('pair', ns))), 'They must differ.')
  })

  it('refuses to build a number out of bounds', () => {
    assert.throws(() => role.build({ name: 'Hamlet', lines: 1422 }), RangeError)
  })

  it('keeps opaque children as they are', () => {
    const box = element(ns, 'box', { content: anyChildren() })
    const inside = el('thing', 'urn:x', { __proto__: undefined, a: '1' }, [el('deep', 'urn:y')])
    const parsed = box.parse(el('box', ns, undefined, ['  ', inside]))
    assert.ok(parsed !== undefined && !(parsed instanceof CodecError))
    assert.equal(parsed.content[0], inside)
  })
})

describe('hostile elements', () => {
  it('cannot reach prototypes through names', () => {
    const names = ['__proto__', 'constructor', 'prototype', 'toString']
    const attributes = ['author', 'will@globe.example', ...names.flatMap((name) => [name, '{"polluted":true}'])]
    const nodes: Node[] = [...least.children, ...names.map((name) => new Element(name, ns, [], ['polluted']))]
    assert.deepEqual(play.parse(new Element('play', ns, attributes, nodes)), play.parse(least))
    assert.equal(({} as { polluted?: unknown }).polluted, undefined)
  })

  it('never make it throw', () => {
    const names = fc.constantFrom('play', 'role', 'title', 'name', 'place', 'tag', 'villain', 'lost', '__proto__')
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom('1', '-1', 'true', 'comedy', 'a@b', '@', '1970-01-01T00:00:00Z'),
    )
    const attributes = fc
      .array(fc.tuple(fc.constantFrom('author', 'kind', 'lines', 'first', 'name', 'printed', '__proto__'), value))
      .map((pairs) => [...new Map(pairs)].flat())
    const { node } = fc.letrec<{ node: Element }>((tie) => ({
      node: fc
        .tuple(
          names,
          attributes,
          fc.array(fc.oneof({ depthSize: 'small' }, fc.string(), tie('node')), { maxLength: 5 }),
        )
        .map(([name, flat, nodes]) => new Element(name, ns, flat, nodes as Node[])),
    }))
    fc.assert(
      fc.property(node, (found) => {
        const parsed = play.parse(new Element('play', ns, found.attributes, found.children))
        // the hero is one of the roles: written once, read twice
        if (!(parsed instanceof CodecError)) assert.deepEqual(play.parse(play.build({ ...parsed!, roles: [] })), parsed)
      }),
      { numRuns: 300, examples: [[whole]] },
    )
  })

  it('cannot exhaust the stack by nesting', () => {
    let nested = el('role', ns)
    for (let depth = 0; depth < 100_000; depth++) nested = el('role', ns, undefined, [nested])
    assert.equal(
      sentence(play.parse(least.withChildren([least.children[0]!, nested]))),
      '<role/> needs the child <name/>.',
    )
  })
})
