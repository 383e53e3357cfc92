import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { jid } from '../jid/index.ts'
import * as NS from '../namespaces.ts'
import { authenticated, Element, el, parseElement } from '../xml/index.ts'
import {
  errorOf,
  Iq,
  iq,
  iqType,
  Message,
  message,
  Presence,
  presence,
  presenceType,
  resultOf,
  type Stanza,
  StanzaError,
} from './index.ts'

const romeo = jid('romeo@montague.example/orchard')
const juliet = jid('juliet@capulet.example')
const nurse = jid('nurse@capulet.example')

/** What somebody reads on a stream of clients. */
function read(wire: string): Element {
  const element = parseElement(`<stream xmlns='jabber:client'>${wire}</stream>`, authenticated)
  const first = element instanceof Element ? element.firstElement() : undefined
  assert.ok(first, `not XML: ${wire}`)
  return first
}

describe('types', () => {
  test('a message of an unknown type, or without one, is normal [RFC6121 5.2.2]', () => {
    const typeOf = (type: string | undefined) => new Message(el('message', NS.client, { type }), romeo, juliet).type
    for (const type of ['normal', 'chat', 'groupchat', 'headline', 'error']) assert.equal(typeOf(type), type)
    for (const type of [undefined, '', 'Chat', 'CHAT', 'bogus', 'constructor']) assert.equal(typeOf(type), 'normal')
  })

  test('a presence without a type is available, one of an unknown type is none [RFC6121 4.7.1]', () => {
    assert.equal(presenceType(undefined), 'available')
    for (const type of ['unavailable', 'subscribe', 'subscribed', 'unsubscribe', 'unsubscribed', 'probe', 'error'])
      assert.equal(presenceType(type), type)
    for (const type of ['available', '', 'Probe', 'toString']) assert.equal(presenceType(type), undefined)
  })

  test('an IQ has one of four types [RFC6120 8.2.3]', () => {
    for (const type of ['get', 'set', 'result', 'error']) assert.equal(iqType(type), type)
    for (const type of [undefined, '', 'GET', 'query', '__proto__']) assert.equal(iqType(type), undefined)
  })
})

describe('on the wire', () => {
  const body = el('body', NS.client, {}, 'hi')

  test('is addressed to its own recipient, to another one, or to nobody', () => {
    const one = message(romeo, juliet, { id: 'a', type: 'chat' }, [body])
    assert.equal(
      one.wire(),
      "<message id='a' type='chat' from='romeo@montague.example/orchard' to='juliet@capulet.example'><body>hi</body></message>",
    )
    assert.equal(read(one.wire(nurse)).attr('to'), 'nurse@capulet.example')
    const nobody = message(romeo, undefined, {}, [body])
    assert.equal(read(nobody.wire()).attr('to'), undefined)
    assert.equal(read(nobody.wire(juliet)).attr('to'), 'juliet@capulet.example')
  })

  test('goes by its addresses, not by those its element came with', () => {
    const source = el('message', NS.client, { from: 'tybalt@x', to: 'mercutio@x', id: 'a' }, [body])
    const written = read(new Message(source, romeo, juliet).wire())
    assert.deepEqual(
      [written.attr('from'), written.attr('to'), written.attr('id')],
      [romeo.toString(), juliet.toString(), 'a'],
    )
    const unsigned = read(new Message(source, undefined, undefined).wire())
    assert.deepEqual([unsigned.attr('from'), unsigned.attr('to')], [undefined, undefined])
  })

  test('is encoded once, however many it goes to', () => {
    let reads = 0
    const counted = new Proxy(el('presence', NS.client, { id: 'a' }, [el('show', NS.client, {}, 'away')]), {
      get: (target, key) => {
        if (key === 'children') reads++
        return Reflect.get(target, key, target)
      },
    })
    const first = new Presence(counted, romeo, undefined, 'available')
    const before = first.wire()
    const once = reads
    assert.ok(once > 0)
    const copies = [juliet, nurse].map((to) => first.with({ to }))
    for (const copy of copies) assert.equal(read(copy.wire()).childText('show'), 'away')
    copies[0]!.with({ to: nurse }).wire()
    assert.equal(reads, once)
    assert.equal(first.wire(), before)
  })

  test('a change of anything but the recipient is encoded anew', () => {
    const first = message(romeo, juliet, { id: 'a' }, [body])
    first.wire()
    assert.equal(read(first.with({ from: nurse }).wire()).attr('from'), nurse.toString())
    const other = first.with({ element: first.element.withChildren([el('body', NS.client, {}, 'ho')]) })
    assert.equal(read(other.wire()).childText('body'), 'ho')
    assert.equal(read(other.with({ to: nurse }).wire()).childText('body'), 'ho')
    assert.equal(read(first.wire()).childText('body'), 'hi')
  })

  test('keeps xml:lang and attributes with a namespace [RFC6120 8.1.5]', () => {
    const source = read("<message xml:lang='it' xmlns:x='urn:x' x:mood='sad' id='a'><body>ciao</body></message>")
    const sent = new Message(source, romeo, juliet)
    for (const written of [read(sent.wire()), read(sent.wire(nurse))]) {
      assert.equal(written.attr('xml:lang'), 'it')
      assert.equal(written.attr('{urn:x}mood'), 'sad')
      assert.equal(written.attr('from'), romeo.toString())
      assert.equal(written.childText('body'), 'ciao')
    }
    assert.equal(read(sent.wire(nurse)).attr('to'), nurse.toString())
  })

  test('no value breaks out of its attribute (S10)', () => {
    const odd = `'"<>&]]>\t\n\r\u2028 from='tybalt@x' é😀`
    const source = el('message', NS.client, { id: odd, 'xml:lang': odd, '{urn:x}a': odd }, [
      el('body', NS.client, {}, odd),
    ])
    const plain = el('message', NS.client, { id: odd }, [el('body', NS.client, { a: odd }, odd)])
    const strange = jid('romeo@montague.example/\'"<>&')
    for (const element of [source, plain]) {
      const written = read(new Message(element, strange, strange).wire())
      assert.equal(written.attr('id'), odd)
      assert.equal(written.attr('from'), strange.toString())
      assert.equal(written.attr('to'), strange.toString())
      assert.equal(written.childText('body'), odd)
      assert.equal(written.attributes.length, element.attributes.length + 4)
    }
  })

  test('is the same as an element', () => {
    const element = message(romeo, juliet, { id: 'a' }, [body]).toElement()
    assert.deepEqual(
      [element.attr('from'), element.attr('to'), element.childText('body')],
      [romeo.toString(), juliet.toString(), 'hi'],
    )
    const source = el('message', NS.client, { from: 'x@y', to: 'z@y' })
    assert.deepEqual(new Message(source, undefined, undefined).toElement().attributes, [])
  })
})

describe('built in code', () => {
  test('presence says its type, unless it is available', () => {
    assert.deepEqual(presence(romeo, juliet, 'available').element.attributes, [])
    assert.deepEqual(presence(romeo, juliet, 'subscribe', [], 'a').element.attributes, ['type', 'subscribe', 'id', 'a'])
  })

  test('a request has one payload, and its result turns the addresses [RFC6120 8.2.3]', () => {
    const request = iq(romeo, juliet, 'get', 'q1', el('query', 'urn:x'))
    assert.ok(request.payload?.is('query', 'urn:x'))
    const result = resultOf(request, el('query', 'urn:x', { a: 'b' }))
    assert.equal(result.type, 'result')
    assert.deepEqual([result.id, result.from, result.to], ['q1', juliet, romeo])
    assert.equal(result.payload?.attr('a'), 'b')
    assert.equal(resultOf(request).payload, undefined)
  })
})

describe('the error that answers', () => {
  const error = new StanzaError('item-not-found', { text: 'no' })

  test('has the id and the addresses turned, and no payload of the sender [RFC6120 8.3.1]', () => {
    const secret = el('body', NS.client, {}, 'a long text')
    const stanzas: Stanza[] = [
      message(romeo, juliet, { id: 'a', type: 'chat' }, [secret]),
      presence(romeo, juliet, 'subscribe', [], 'a'),
      iq(romeo, juliet, 'set', 'a', secret),
    ]
    for (const stanza of stanzas) {
      const answer = errorOf(stanza, error)
      assert.ok(answer)
      assert.equal(answer.kind, stanza.kind)
      assert.equal(answer.type, 'error')
      assert.deepEqual([answer.id, answer.from, answer.to], ['a', juliet, romeo])
      const written = read(answer.wire())
      assert.equal(written.attr('type'), 'error')
      assert.deepEqual(
        written.childElements().map((child) => child.name),
        ['error'],
      )
    }
  })

  test('is never given to an error or a result [RFC6120 8.3.1]', () => {
    const never: Stanza[] = [
      new Message(el('message', NS.client, { type: 'error' }), romeo, juliet),
      new Presence(el('presence', NS.client, { type: 'error' }), romeo, juliet, 'error'),
      new Iq(el('iq', NS.client, { type: 'error' }), romeo, juliet, 'error'),
      new Iq(el('iq', NS.client, { type: 'result' }), romeo, juliet, 'result'),
    ]
    for (const stanza of never) assert.equal(errorOf(stanza, error), undefined)
  })

  test('answers a stanza without an id, too', () => {
    const answer = errorOf(message(romeo, juliet, {}, []), error)
    assert.equal(answer?.id, undefined)
    assert.doesNotMatch(answer?.wire() ?? '', / id=/)
  })
})
