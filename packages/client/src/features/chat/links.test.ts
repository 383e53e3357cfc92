/** Which links pretend to lead elsewhere. [S124] */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isMisleading } from './links.ts'

for (const [url, text, is] of [
  ['https://puck.example/', 'athens.example', true],
  ['https://puck.example/', 'https://athens.example/wood', true],
  ['https://puck.example/', 'Go to www.athens.example, now', true],
  ['https://\u0430thens.example/', 'athens.example', true], // in Cyrillic
  ['https://athens.example.puck.example/', 'athens.example', true],
  ['https://notathens.example/', 'athens.example', true],
  ['https://athens.example/', 'athens.example', false],
  ['https://www.athens.example/wood', 'HTTPS://ATHENS.example:443/', false],
  ['https://wood.athens.example/', 'www.athens.example', false],
  ['https://b\u00fccher.example/', 'xn--bcher-kva.example', false],
  ['https://puck.example/', 'A wood near Athens. 3.14, v1.2', false],
  ['mailto:bottom@athens.example', 'puck.example', false],
] as const)
  it(`${text} ${is ? 'is no text for' : 'may lead to'} ${url} [S124]`, () => {
    assert.equal(isMisleading({ type: 'link', url, children: ['', { type: 'strong', children: [text] }] }), is)
  })
