/** What is left of XHTML-IM: the recommended profile, and nothing that could do harm. [S124] */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Element, el, type Node, parseElement } from '../xml/index.ts'
import { mostNested, type RichNode } from './rich-text.ts'
import { xhtmlOf } from './xhtml.ts'

function read(body: string): RichNode[] | undefined {
  return xhtmlOf(message(`<body xmlns='http://www.w3.org/1999/xhtml'>${body}</body>`))
}

function message(bodies: string): Element {
  const html = `<html xmlns='http://jabber.org/protocol/xhtml-im'>${bodies}</html>`
  const element = parseElement(`<message xmlns='jabber:client'>${html}</message>`)
  assert.ok(element instanceof Element)
  return element
}

describe('the profile', () => {
  for (const [what, body, expected] of [
    [
      'a paragraph with styles',
      "\n  <p style='font-size:large'>\n <em>Wow</em>, I am <span style='color:green'>green</span>\n with <strong>envy</strong>!</p>\n",
      [
        {
          type: 'paragraph',
          style: { 'font-size': 'large' },
          children: [
            { type: 'emphasis', children: ['Wow'] },
            ', I am ',
            { type: 'span', style: { color: 'green' }, children: ['green'] },
            ' with ',
            { type: 'strong', children: ['envy'] },
            '!',
          ],
        },
      ],
    ],
    [
      'a quotation and its source',
      '<p>As in <cite>Ovid</cite>:</p><blockquote>Tempus edax</blockquote>',
      [
        { type: 'paragraph', children: ['As in ', { type: 'cite', children: ['Ovid'] }, ':'] },
        { type: 'quote', children: ['Tempus edax'] },
      ],
    ],
    [
      'a link and an image',
      "<a href='https://athens.example/' type='text/html'>Owls</a> <img src='https://athens.example/owl.png' alt='An owl' width='537' height='261'/>",
      [
        { type: 'link', url: 'https://athens.example/', children: ['Owls'] },
        ' ',
        { type: 'image', url: 'https://athens.example/owl.png', alt: 'An owl', width: 537, height: 261 },
      ],
    ],
    [
      'lists in lists',
      '<ol>\n <li>a<ul><li>b</li></ul></li>\n <li>c</li>\n</ol>',
      [
        {
          type: 'list',
          ordered: true,
          children: [
            {
              type: 'item',
              children: ['a', { type: 'list', ordered: false, children: [{ type: 'item', children: ['b'] }] }],
            },
            { type: 'item', children: ['c'] },
          ],
        },
      ],
    ],
    ['a break', 'a<br/>b', ['a', { type: 'break' }, 'b']],
    [
      'elements that are not of it leave their text',
      "The <acronym title='x'>XHTML</acronym> <h1>rules</h1><table><tr><td>say</td></tr></table>",
      ['The ', 'XHTML', ' ', 'rules', 'say'],
    ],
    [
      'attributes that are not of it are gone',
      "<p id='a' class='b' title='c' onclick='d()'>e</p>",
      [{ type: 'paragraph', children: ['e'] }],
    ],
    [
      'elements of other namespaces are gone',
      "a<script xmlns='http://www.w3.org/2000/svg'>alert(1)</script><p xmlns='urn:example:p'>b</p>c",
      ['a', 'c'],
    ],
  ] as const)
    it(what, () => assert.deepEqual(read(body), expected))
})

describe('what could do harm', () => {
  for (const [what, body, expected] of [
    ['a script is text', '<script>alert(1)</script>', ['alert(1)']],
    ['a frame is nothing', "<iframe src='https://puck.example/'/><object data='x'/>", []],
    ['a link to a script is text', "<a href='javascript:alert(1)'>a</a>", ['a']],
    ['a link to a hidden script is text', "<a href='java&#xA;script:alert(1)'>a</a>", ['a']],
    ['a link to data is text', "<a href='data:text/html,hello'>a</a>", ['a']],
    ['a link to a file is text', "<a href='file:///etc/passwd'>a</a>", ['a']],
    ['a link that pretends is text', "<a href='https://bank.example@puck.example/'>a</a>", ['a']],
    ['a relative link is text', "<a href='/logout'>a</a>", ['a']],
    ['a link without an address is text', '<a>a</a>', ['a']],
    [
      'a link in a link is text',
      "<a href='https://athens.example/'><em><a href='https://puck.example/'>a</a></em></a>",
      [{ type: 'link', url: 'https://athens.example/', children: [{ type: 'emphasis', children: ['a'] }] }],
    ],
    ['an image of a script is its text', "<img src='javascript:alert(1)' alt='An owl'/>", ['An owl']],
    ['an image of data is its text', "<img src='data:image/svg+xml,x' alt='An owl'/>", ['An owl']],
    ['an image of nothing is nothing', '<img/>', []],
    [
      'an image has a size that fits',
      "<img src='cid:a@bob.xmpp.org' width='99999' height='50%'/>",
      [{ type: 'image', url: 'cid:a@bob.xmpp.org', alt: '' }],
    ],
    [
      'styles that load, cover or grow are gone',
      "<span style='background-color:url(https://puck.example/);position:fixed;font-size:400px;margin-left:-999px;COLOR : RED ;color:expression(alert(1));__proto__:x;font-weight'>a</span>",
      [{ type: 'span', style: { color: 'red' }, children: ['a'] }],
    ],
  ] as const)
    it(what, () => assert.deepEqual(read(body), expected))

  it('deep markup is text behind 32 elements', () => {
    let node: Node = 'bottom'
    for (let at = 0; at < 100_000; at++) node = el('span', 'http://www.w3.org/1999/xhtml', undefined, [node])
    const body = el('body', 'http://www.w3.org/1999/xhtml', undefined, [node])
    const html = el('html', 'http://jabber.org/protocol/xhtml-im', undefined, [body])
    let nodes: readonly RichNode[] = xhtmlOf(el('message', 'jabber:client', undefined, [html])) ?? []
    let depth = 0
    for (let inner = nodes[0]; typeof inner === 'object' && 'children' in inner; inner = nodes[0]) {
      nodes = inner.children
      depth++
    }
    assert.deepEqual([depth, nodes], [mostNested, ['bottom']])
  })
})

describe('a message', () => {
  const bodies = ['en', 'de']
    .map((lang) => `<body xmlns='http://www.w3.org/1999/xhtml' xml:lang='${lang}'>${lang}</body>`)
    .join('')

  it('in several languages is read in the one preferred, else in the first', () => {
    assert.deepEqual(xhtmlOf(message(bodies), 'de'), ['de'])
    assert.deepEqual(xhtmlOf(message(bodies), 'el'), ['en'])
    assert.deepEqual(xhtmlOf(message(bodies)), ['en'])
  })

  it('without XHTML has none', () => {
    assert.equal(xhtmlOf(message('')), undefined)
    assert.equal(xhtmlOf(message("<body xmlns='jabber:client'>a</body>")), undefined)
    assert.equal(xhtmlOf(el('message', 'jabber:client')), undefined)
  })
})
