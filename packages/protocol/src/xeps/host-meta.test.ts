/** The host-meta of a domain, in both formats, and what a hostile one may not do (attacks S122, S126). */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { boshLinks, webSocketLinks } from './host-meta.ts'

const rel = 'urn:xmpp:alt-connections:'
const xrd = (links: string) => `<XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>${links}</XRD>`
const toWebSocket = `<Link rel='${rel}websocket' href='wss://a/'/>`

const read = (text: string) => ({ websocket: webSocketLinks(text), bosh: boshLinks(text) })
const expected = { websocket: ['wss://web.example:443/ws'], bosh: ['https://web.example:5280/bosh'] }

it('reads XRD as people write it', () => {
  const text = `\ufeff<?xml version='1.0' encoding='utf-8'?>
<!-- for browsers --><XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">
  <!-- BOSH: -->
  <Subject>čechy</Subject>
  <Link rel="${rel}xbosh" href="https://web.example:5280/bosh" />
  <Link rel="${rel}websocket" href="wss://web.example:443/ws" />
  <Link rel="lrdd" template="https://web.example/{uri}" />
</XRD>
`
  assert.deepEqual(read(text), expected)
})

it('reads JRD', () => {
  const links = [
    { rel: `${rel}xbosh`, href: 'https://web.example:5280/bosh' },
    { rel: `${rel}websocket`, href: 'wss://web.example:443/ws' },
  ]
  assert.deepEqual(read(JSON.stringify({ subject: 'x', links })), expected)
})

it('knows nothing of a domain that says nothing', () => {
  for (const text of ['{}', '{"links":{}}', xrd('')]) assert.deepEqual(read(text), { websocket: [], bosh: [] })
})

it('takes no link that is not encrypted, or of another scheme', () => {
  for (const href of [
    'ws://a/',
    'http://a/',
    'https://a/',
    'javascript:alert(1)',
    'wss://',
    'wss:///a',
    'wss://?a',
    '',
    'wss://u:p@a/',
  ])
    assert.deepEqual(webSocketLinks(xrd(`<Link rel='${rel}websocket' href='${href}'/>`)), [], href)
  assert.deepEqual(boshLinks(xrd(`<Link rel='${rel}xbosh' href='wss://a/'/>`)), [])
})

it('is not confused by odd JSON', () => {
  const links = '[null, 1, "x", [], {"rel": 1}, {"rel": "urn:xmpp:alt-connections:websocket", "href": ["wss://a"]}]'
  assert.deepEqual(read(`{"links": ${links}, "__proto__": {"links": []}}`), { websocket: [], bosh: [] })
})

it('takes no link of what is neither', () => {
  const links = JSON.stringify([{ rel: `${rel}websocket`, href: 'wss://a/' }])
  for (const text of [xrd(toWebSocket), `{"links":${links}}`]) assert.deepEqual(webSocketLinks(text), ['wss://a/'])
  for (const text of [
    '',
    'null',
    links,
    `{"links":${links}`,
    '<',
    `<html>${toWebSocket}</html>`,
    `<XRD>${toWebSocket}</XRD>`,
  ])
    assert.deepEqual(webSocketLinks(text), [], text)
  assert.deepEqual(webSocketLinks(`<!DOCTYPE a>${xrd(toWebSocket)}`), [])
})

it('reads nothing in comments, and of one that does not end nothing more', () => {
  assert.deepEqual(webSocketLinks(xrd(`<!-- a --><!--${toWebSocket}-->`)), [])
  assert.deepEqual(webSocketLinks(xrd(`<!--${toWebSocket}`)), [])
  assert.deepEqual(webSocketLinks(xrd('<!--'.repeat(60_000))), [])
})

it('gives few links, each once, and reads no XML that is too long', () => {
  const link = (at: number) => `<Link rel='${rel}websocket' href='wss://a/${at}'/>`
  const many = Array.from({ length: 100 }, (_, at) => link(Math.floor(at / 2))).join('')
  const found = webSocketLinks(xrd(many))
  assert.deepEqual([found.length, new Set(found).size], [10, 10])
  assert.deepEqual(webSocketLinks(xrd(toWebSocket + ' '.repeat(300_000))), [])
})
