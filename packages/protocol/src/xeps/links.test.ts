/** Which links are links. [S124] */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { safeLink, webSchemes } from './links.ts'

for (const link of [
  'https://athens.example/',
  'HTTPS://athens.example',
  'http://athens.example:8080/a?b=c#d@e',
  'https://[::1]/',
  'https://b\u00fccher.example/\u6587',
  'mailto:bottom@athens.example',
  'xmpp:wood@rooms.athens.example?join',
  'tel:+30-210-555',
])
  it(`${link} is a link`, () => assert.equal(safeLink(` ${link}\n`), link))

for (const text of [
  '',
  ':',
  'athens.example',
  '//athens.example/',
  '/etc/passwd',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\nscript:alert(1)',
  '\u0001javascript:alert(1)',
  'data:text/html,<b>',
  'file:///etc/passwd',
  'vbscript:x',
  'blob:https://athens.example/1',
  'https',
  'https:',
  'https:athens.example',
  'https://',
  'https:///athens.example',
  'https:\\\\athens.example',
  'https://athens.example\\@puck.example/',
  'https://athens.example@puck.example/',
  'https://athens.example/\u202egpj.exe',
  'https://athens\u200b.example/',
  'https://athens.example/a b',
  'https://athens.example/"onclick="alert(1)',
  `https://athens.example/${'a'.repeat(5000)}`,
])
  it(`${JSON.stringify(text.slice(0, 40))} is text`, () => assert.equal(safeLink(text), undefined))

it('what cannot be fetched by HTTP is no link of the web', () => {
  assert.equal(safeLink('mailto:bottom@athens.example', webSchemes), undefined)
})
