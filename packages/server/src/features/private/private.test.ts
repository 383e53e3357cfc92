import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Element, el, sameElement } from '@rookery/protocol/xml'
import { conditionOf, type MemoryClient, memoryServer } from '../../../test/memory-server.ts'

const NS = 'jabber:iq:private'
const iq = (type: 'get' | 'set', content: string, to?: string): string =>
  `<iq type='${type}' id='p'${to === undefined ? '' : ` to='${to}'`}><query xmlns='${NS}'>${content}</query></iq>`

const stored = async (client: MemoryClient, content: string): Promise<Element | undefined> =>
  (await client.ask(iq('get', content))).child('query', NS)?.firstElement()

test('gives back what was kept, byte for byte what matters', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo')
  const prefs =
    "<prefs xmlns='exodus:prefs' a='1 &lt; 2'>ä<x:deep xmlns:x='urn:x' x:y='z'><none xmlns=''/></x:deep>\n</prefs>"
  assert.equal((await romeo.ask(iq('set', prefs))).attr('type'), 'result')
  const given = await stored(romeo, "<prefs xmlns='exodus:prefs'/>")
  const deep = el('deep', 'urn:x', { '{urn:x}y': 'z' }, [el('none', '')])
  assert.ok(given !== undefined && sameElement(given, el('prefs', 'exodus:prefs', { a: '1 < 2' }, ['ä', deep, '\n'])))
  const other = await stored(romeo, "<prefs xmlns='other:prefs'/>")
  assert.ok(other !== undefined && sameElement(other, el('prefs', 'other:prefs')))
})

test('keeps several elements of one request, and forgets one that comes empty', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo')
  await romeo.ask(iq('set', "<a xmlns='x'>1</a><b xmlns='x'>2</b><__proto__ xmlns='x'>3</__proto__>"))
  assert.equal((await stored(romeo, "<a xmlns='x'/>"))?.text(), '1')
  assert.equal((await stored(romeo, "<b xmlns='x'/>"))?.text(), '2')
  assert.equal((await stored(romeo, "<__proto__ xmlns='x'/>"))?.text(), '3')
  await romeo.ask(iq('set', "<a xmlns='x'/>"))
  assert.equal((await stored(romeo, "<a xmlns='x'/>"))?.text(), '')
  assert.equal((await server.stores.documents.list('romeo')).filter(({ key }) => key.startsWith('private:')).length, 2)
})

test('refuses what cannot be kept or asked', async () => {
  await using server = await memoryServer({ limits: { privateBytes: 200, privateDocuments: 2 } })
  const romeo = await server.login('romeo')
  const refused = async (type: 'get' | 'set', content: string): Promise<string | undefined> =>
    conditionOf(await romeo.ask(iq(type, content)))
  assert.equal(await refused('get', ''), 'bad-request')
  assert.equal(await refused('get', "<a xmlns='x'/><b xmlns='x'/>"), 'bad-request')
  assert.equal(await refused('set', ''), 'not-acceptable')
  assert.equal(await refused('set', "<vCard xmlns='vcard-temp'/>"), 'not-acceptable')
  assert.equal(await refused('set', "<a xmlns='jabber:client'/>"), 'not-acceptable')
  assert.equal(await refused('set', "<a xmlns='x'>1</a><a xmlns='x'>2</a>"), 'not-acceptable')
  assert.equal(await refused('set', `<a xmlns='x'>${'x'.repeat(200)}</a>`), 'policy-violation')
  assert.equal(await refused('set', "<a xmlns='x'>1</a><b xmlns='x'>2</b>"), undefined)
  assert.equal(await refused('set', "<c xmlns='x'>3</c>"), 'resource-constraint')
  assert.equal(await refused('set', "<a xmlns='x'>new</a>"), undefined)
})

test('is nobody else’s', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo')
  const juliet = await server.login('juliet')
  await juliet.ask(iq('set', "<a xmlns='x'>secret</a>"))
  const there = await romeo.ask(iq('get', "<a xmlns='x'/>", 'juliet@localhost'))
  const missing = await romeo.ask(iq('get', "<a xmlns='x'/>", 'nobody@localhost'))
  assert.equal(conditionOf(there), 'service-unavailable')
  assert.deepEqual(there.child('error'), missing.child('error'))
  assert.equal(conditionOf(await romeo.ask(iq('set', "<a xmlns='x'>1</a>", 'juliet@localhost'))), 'service-unavailable')
  assert.equal((await stored(juliet, "<a xmlns='x'/>"))?.text(), 'secret')
})
