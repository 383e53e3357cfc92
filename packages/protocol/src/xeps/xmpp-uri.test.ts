/** Reading and writing `xmpp:` URIs: the examples of RFC 5122, of the queries, and what a stranger may put into one (attack S124). */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { jid, jidFromParts } from '../jid/index.ts'
import { formatXmppUri, parseXmppUri } from './xmpp-uri.ts'

const read = (text: string) => {
  const uri = parseXmppUri(text)
  return uri && { ...uri, jid: uri.jid.toString(), keys: [...uri.keys] }
}

describe('reading', () => {
  it('takes addresses with and without parts', () => {
    for (const [text, address] of [
      ['xmpp:juliet@capulet.example', 'juliet@capulet.example'],
      ['XMPP:capulet.example', 'capulet.example'],
      ['xmpp:juliet@capulet.example/balcony/east', 'juliet@capulet.example/balcony/east'],
      ['xmpp:ji%C5%99i@%C4%8Dechy.example/v%20Praze', 'jiři@čechy.example/v Praze'],
      ['xmpp:jiři@čechy.example/v%20Praze', 'jiři@čechy.example/v Praze'],
      ['xmpp:juliet@[::1]', 'juliet@[::1]'],
    ])
      assert.deepEqual(read(text!), { jid: address, keys: [] }, text)
  })

  it('decodes what an address has, but a URI has not [RFC5122 2.8.2]', () => {
    const text =
      "xmpp:node@example.com/repulsive%20!%23%22$%25&'()*+,-.%2F:;%3C=%3E%3F%40%5B%5C%5D%5E_%60%7B%7C%7D~resource"
    assert.equal(parseXmppUri(text)?.jid.resource, 'repulsive !#"$%&\'()*+,-./:;<=>?@[\\]^_`{|}~resource')
  })

  it('tells the account from the address', () => {
    const uri = parseXmppUri('xmpp://guest@example.com/support@example.com/123?message')
    assert.deepEqual(
      [uri?.account?.toString(), uri?.jid.toString(), uri?.action],
      ['guest@example.com', 'support@example.com/123', 'message'],
    )
  })

  it('takes action and keys, the first of two', () => {
    assert.deepEqual(
      read('xmpp:romeo@montague.example?message;subject=A%20test;body=1+1%3D2;subject=B;empty;x=#there'),
      {
        jid: 'romeo@montague.example',
        action: 'message',
        keys: [
          ['subject', 'A test'],
          ['body', '1+1=2'],
          ['empty', ''],
          ['x', ''],
        ],
      },
    )
  })

  it('refuses what is no such URI', () => {
    for (const text of [
      '',
      'xmpp',
      'xmpp:',
      'xmpp:@capulet.example',
      'xmpp:?message',
      'xmpp:#x',
      'xmpp://juliet@capulet.example',
      'xmpp:///juliet@capulet.example',
      'mailto:juliet@capulet.example',
      'javascript:alert(1)//xmpp:juliet@capulet.example',
      ' xmpp:juliet@capulet.example',
      'xmpp:ju%liet@capulet.example',
      'xmpp:%ff@capulet.example',
      'xmpp:juliet@capulet.example?message;body=%C3',
      `xmpp:juliet@capulet.example?message;body=${'a'.repeat(20_000)}`,
    ])
      assert.equal(parseXmppUri(text), undefined, text.slice(0, 60))
  })

  it('lets nothing that is encoded become a separator', () => {
    assert.equal(parseXmppUri('xmpp:juliet%40capulet.example'), undefined)
    assert.equal(parseXmppUri('xmpp:a%2Fb@capulet.example'), undefined)
    assert.equal(parseXmppUri('xmpp:bank.example%2Fx@capulet.example')?.jid, undefined)
    assert.deepEqual(read('xmpp:a@b.example?message;body=x%3Bfrom%3Dy%3Fremove')?.keys, [['body', 'x;from=y?remove']])
  })

  it('keeps names of objects as any other key', () => {
    assert.deepEqual(read('xmpp:a@b.example?x;__proto__=1;constructor=2')?.keys, [
      ['__proto__', '1'],
      ['constructor', '2'],
    ])
  })
})

describe('writing', () => {
  it('gives the examples of the query actions', () => {
    const to = jid('romeo@montague.example')
    assert.equal(formatXmppUri({ jid: to }), 'xmpp:romeo@montague.example')
    assert.equal(
      formatXmppUri({ jid: to, action: 'message', keys: new Map([['body', "Here's one; from=me"]]) }),
      "xmpp:romeo@montague.example?message;body=Here's%20one%3B%20from%3Dme",
    )
    assert.equal(formatXmppUri({ jid: to, account: jid('a@b.example') }), 'xmpp://a@b.example/romeo@montague.example')
  })

  it('gives back what was read, whatever is in it', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 })
    fc.assert(
      fc.property(text, text, fc.array(fc.tuple(text, text), { maxLength: 4 }), (local, resource, pairs) => {
        const to = jidFromParts(local, 'čechy.example', resource)
        if (to === undefined) return
        const keys = new Map(pairs.filter(([key]) => key !== ''))
        const uri = parseXmppUri(formatXmppUri({ jid: to, action: 'message', keys }))
        assert.deepEqual([uri?.jid.toString(), [...(uri?.keys ?? [])]], [to.toString(), [...keys]])
      }),
    )
  })

  it('survives half a character', () => {
    const keys = new Map([['body', '\ud800']])
    assert.equal(parseXmppUri(formatXmppUri({ jid: jid('a@b.example'), keys }))?.keys.get('body'), '\ufffd')
  })
})
