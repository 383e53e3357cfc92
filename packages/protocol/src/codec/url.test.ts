/** Which URLs may be fetched or opened, and which may not. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { url } from './url.ts'

it('takes URLs of the schemes named, in any case of letters', () => {
  for (const good of ['https://a', 'HTTPS://a.example:443/x?y=z@w#v', 'wss://[::1]:5443/ws', "https://a/~b'(c)"])
    assert.equal(url('https', 'wss').decode(good), good)
})

it('refuses other schemes, and what only looks like one', () => {
  for (const bad of [
    'http://a',
    'ws://a',
    'javascript:alert(1)',
    'data:,x',
    'https:a',
    'https:/a',
    'https',
    '://a',
    '',
  ])
    assert.equal(url('https').decode(bad), undefined, bad)
})

it('refuses a URL without a host, or with a name or password before it', () => {
  for (const bad of ['https://', 'https:///a', 'https://?a', 'https://#a', 'https://a@b/', 'https://a:b@c'])
    assert.equal(url('https').decode(bad), undefined, bad)
})

it('refuses characters that RFC 3986 has no place for', () => {
  for (const char of [' ', '\n', '\0', '\\', '"', '<', '>', '\x7f', 'é', '\u202e'])
    assert.equal(url('https').decode(`https://a/${char}`), undefined, JSON.stringify(char))
})
