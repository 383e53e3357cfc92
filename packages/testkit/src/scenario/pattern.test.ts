import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fillIn, fitPattern, readPatterns } from './pattern.ts'
import { readFragment } from './stream-reader.ts'

const romeo = { bare: 'romeo@localhost', full: 'romeo@localhost/orchard' }

const fit = (expected: string, actual: string, captures: ReadonlyMap<string, string> = new Map()) =>
  fitPattern(readPatterns(expected)[0]!, readFragment(actual)[0]!, captures, romeo)

const fits = (expected: string, actual: string): boolean => 'captures' in fit(expected, actual)

const differs = (expected: string, actual: string): string => {
  const result = fit(expected, actual)
  return 'difference' in result ? result.difference : ''
}

test('fits what is the same, in any notation', () => {
  assert.ok(
    fits('<message id="1"><body>a &amp; b</body></message>', "<message id='1'><body>a &#38; b</body></message>"),
  )
  assert.ok(
    fits(
      '<iq type="get">\n  <q xmlns="urn:x"><a/></q>\n</iq>',
      '<iq type="get"><x:q xmlns:x="urn:x"><x:a/></x:q></iq>',
    ),
  )
  assert.ok(fits('<q><a/><b/></q>', '<q><b/><a/></q>'))
})

test('says what is different', () => {
  assert.equal(differs('<a x="1"/>', '<a/>'), '<a/> has no attribute x, expected "1"')
  assert.equal(differs('<a/>', '<a x="1"/>'), '<a/> has an attribute x="1" nobody expected')
  assert.equal(differs('<a x="1"/>', '<a x="2"/>'), 'x of <a/> is "2", expected "1"')
  assert.equal(differs('<a/>', '<a><b/></a>'), '<a/> has a child nobody expected: <b/>')
  assert.equal(differs('<a><b/></a>', '<a/>'), '<a/> has no child <b/>')
  assert.equal(differs('<a>x</a>', '<a>y</a>'), '<a/> says "y", expected "x"')
  assert.equal(differs('<a/>', '<b/>'), '<b/> came, expected <a/>')
  assert.equal(differs('<a/>', '<a xmlns="urn:x"/>'), '<a/> is of "urn:x", expected "jabber:client"')
})

test('leaves blanks open', () => {
  assert.ok(fits('<a x="{any}">{any}</a>', '<a x="1">text</a>'))
  assert.ok(fits('<a>{any}T{any}Z</a>', '<a>2026-01-01T12:00:00Z</a>'))
  assert.ok(!fits('<a>{any}T{any}Z</a>', '<a>2026-01-01T12:00:00</a>'))
  assert.ok(!fits('<a x="{any}"/>', '<a/>'))
  assert.ok(fits('<a x="{maybe}"/>', '<a/>') && fits('<a x="{maybe}"/>', '<a x="1"/>'))
  assert.ok(fits('<a x="{maybe 1}"/>', '<a/>') && !fits('<a x="{maybe 1}"/>', '<a x="2"/>'))
})

test('allows more where … stands', () => {
  assert.ok(fits('<a …/>', '<a x="1" y="2"/>') && !fits('<a …/>', '<a><b/></a>'))
  assert.ok(fits('<a><b/>…</a>', '<a><c/><b/></a>') && !fits('<a><b/>…</a>', '<a><c/></a>'))
  assert.ok(fits('<a x="…"/>', '<a x="…"/>') && !fits('<a x="…"/>', '<a x="1"/>'))
  assert.ok(fits('<a>maybe <b/></a>', '<a/>') && fits('<a>maybe <b/></a>', '<a><b/></a>'))
})

test('remembers what a word stood for', () => {
  assert.ok(fits('<a x="{id}"><b y="{id}"/></a>', '<a x="1"><b y="1"/></a>'))
  assert.ok(!fits('<a x="{id}"><b y="{id}"/></a>', '<a x="1"><b y="2"/></a>'))
  const result = fit('<a x="r/{id}"/>', '<a x="r/7"/>')
  assert.ok('captures' in result)
  assert.equal(fillIn('<b x="{id}" y="{other}"/>', result.captures), '<b x="7" y="{other}"/>')
  assert.ok('difference' in fit('<a x="{id}"/>', '<a x="8"/>', result.captures))
})

test('tries every child before it gives up', () => {
  assert.ok(fits('<a><b x="{any}"/><b x="1"/></a>', '<a><b x="1"/><b x="2"/></a>'))
  assert.ok(!fits('<a><b x="1"/><b x="1"/></a>', '<a><b x="1"/><b x="2"/></a>'))
})

test('overlooks what says nothing new', () => {
  assert.ok(fits('<iq/>', '<iq to="romeo@localhost/orchard" from="romeo@localhost" xml:lang="en"/>'))
  assert.ok(!fits('<iq/>', '<iq to="juliet@localhost"/>'))
  assert.ok(!fits('<iq/>', '<iq from="romeo@localhost/orchard"/>'))
  assert.ok(!fits('<iq to="romeo@localhost"/>', '<iq/>'))
  const delay = '<delay xmlns="urn:xmpp:delay" stamp="2026-01-01T12:00:00Z"/>'
  assert.ok(fits('<presence/>', `<presence>${delay}</presence>`) && !fits('<message/>', `<message>${delay}</message>`))
})

test('looks at all that a server adds where one of them is mentioned, and at all that stands beside them', () => {
  const id = '<stanza-id xmlns="urn:xmpp:sid:0" by="juliet@localhost" id="1"/>'
  assert.ok(fits('<message/>', `<message>${id}${id}</message>`))
  assert.ok(fits(`<message>${id}</message>`, `<message>${id}</message>`))
  assert.ok(!fits(`<message>${id}</message>`, `<message>${id}${id}</message>`))
  assert.ok(!fits('<message/>', `<message>${id}<body>More</body></message>`))
})

test('knows the namespace of error conditions, and overlooks the details of an error', () => {
  const ns = 'xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"'
  const error = `<error type="cancel" code="404"><item-not-found ${ns}/><text ${ns}>No</text></error>`
  const expected = '<iq type="error"><error type="cancel"><item-not-found/></error></iq>'
  assert.ok(fits(expected, `<iq type="error"><query xmlns="urn:x"/>${error}</iq>`))
  assert.ok(!fits(expected, `<iq type="error">${error.replace('item-not-found', 'gone')}</iq>`))
  assert.ok(!fits(expected, `<iq type="error"><query xmlns="urn:x"/></iq>`))
})
