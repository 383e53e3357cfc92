import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { jid } from '@rookery/protocol/jid'
import { Message } from '@rookery/protocol/stanza'
import { fallbackBefore } from '@rookery/protocol/xeps/fallback'
import { type Element, el } from '@rookery/protocol/xml'
import {
  attachFile,
  attachLink,
  ChatMessage,
  filesOf,
  isOnlyFiles,
  ReceivedMessage,
  richTextOf,
  sourceOf,
  styledTextOf,
} from '../../index.ts'
import { contentElements, hasContent, type MessageContent, notesOf } from './index.ts'

const NS = 'jabber:client'
const romeo = jid('romeo@localhost/desk')
const juliet = jid('juliet@localhost')
const hall = jid('hall@rooms.localhost')

/** A message of Juliet's with these payloads, as Romeo reads it. */
function read(...children: (Element | undefined)[]): ChatMessage {
  const stanza = new Message(el('message', NS, { type: 'chat', id: 'i' }, children), juliet, romeo)
  const received = new ReceivedMessage(stanza, juliet, romeo, { at: 0 })
  const author = `${juliet}`
  return new ChatMessage(received, { peer: juliet, author, isOwn: false, isRoom: false, archive: romeo.bare })
}

const say = (content: MessageContent): ChatMessage => read(...contentElements(content))
const body = (text: string): Element => el('body', NS, {}, text)

describe('files', () => {
  const url = 'https://files.example/rose.jpg'
  const sum = { algorithm: 'sha-256', value: new Uint8Array(32).fill(7) }

  test('a file is sent with what is known of it, and as a link for older clients', () => {
    const info = { name: 'rose.jpg', mediaType: 'image/jpeg', size: 3200, description: 'A rose', hashes: [sum] }
    const message = say({ attach: attachFile(url, info, 'inline') })
    const [file, ...more] = filesOf(message)
    assert.deepEqual(more, [])
    assert.deepEqual({ ...file }, { ...info, thumbnails: [], urls: [url], disposition: 'inline', id: undefined })
    assert.equal(message.body, url)
    assert.equal(isOnlyFiles(message), true)
    assert.equal(hasContent(message), true)
    assert.equal(message.element.childText('x', 'jabber:x:oob'), '')
  })

  test('a text of its own is no fallback', () => {
    const message = say({ body: 'See this', attach: [attachFile(url), attachFile(`${url}?2`)] })
    assert.equal(message.body, 'See this')
    assert.equal(isOnlyFiles(message), false)
    assert.deepEqual(
      filesOf(message).flatMap(({ urls }) => urls),
      [url, `${url}?2`],
    )
  })

  test('a link is read where nothing describes the file; one that leads elsewhere is none', () => {
    assert.deepEqual(filesOf(say({ attach: attachLink(url, 'A rose') })), [{ urls: [url], description: 'A rose' }])
    assert.equal(isOnlyFiles(say({ attach: attachLink(url) })), true)
    for (const bad of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'https://a@evil.example/'])
      assert.deepEqual(filesOf(say({ attach: attachLink(bad) })), [], bad)
  })

  test('the name is never a path, and what cannot be checked comes over TLS only', () => {
    const [file] = filesOf(say({ attach: attachFile('http://files.example/x', { name: '../../.bashrc' }) }))
    assert.equal(file?.name, '.bashrc')
    assert.deepEqual(file?.urls, [])
    const [checked] = filesOf(say({ attach: attachFile('http://files.example/x', { hashes: [sum] }) }))
    assert.deepEqual(checked?.urls, ['http://files.example/x'])
  })

  test('places that are told later name the message and the file', () => {
    const message = read(
      el('attach-to', 'urn:xmpp:message-attaching:1', { id: 'm1' }),
      el('sources', 'urn:xmpp:sfs:0', { id: 'f1' }, [
        el('url-data', 'http://jabber.org/protocol/url-data', { target: url }),
      ]),
    )
    assert.deepEqual(sourceOf(message), { messageId: 'm1', fileId: 'f1', urls: [url] })
    assert.equal(sourceOf(read(body('x'))), undefined)
    assert.equal(hasContent(message), false)
  })
})

describe('formatted text', () => {
  test('styling is read, and left alone where the sender asks so', () => {
    assert.deepEqual(styledTextOf(read(body('so *strong*'))), [
      { type: 'line', children: ['so ', { type: 'strong', children: ['strong'] }] },
    ])
    assert.deepEqual(styledTextOf(read(body('*a*\n\n*b*'), el('unstyled', 'urn:xmpp:styling:0'))), [
      { type: 'line', children: ['*a*'] },
      { type: 'line', children: [] },
      { type: 'line', children: ['*b*'] },
    ])
    assert.equal(styledTextOf(read()), undefined)
  })

  test('a quotation for old clients is no part of it', () => {
    const message = say({ body: '*yes*', replyTo: { id: 'x', text: 'really?' } })
    assert.deepEqual(styledTextOf(message), [{ type: 'line', children: [{ type: 'strong', children: ['yes'] }] }])
  })

  test('XHTML-IM goes first where it is asked for, without scripts', () => {
    const html = el('html', 'http://jabber.org/protocol/xhtml-im', {}, [
      el('body', 'http://www.w3.org/1999/xhtml', {}, [
        el('p', 'http://www.w3.org/1999/xhtml', { onclick: 'alert(1)' }, 'in form'),
      ]),
    ])
    const message = read(body('*plain*'), html)
    assert.deepEqual(richTextOf(message), [{ type: 'paragraph', children: ['in form'] }])
    assert.deepEqual(styledTextOf(message)?.length, 1)
    assert.deepEqual(richTextOf(read(body('plain'))), [{ type: 'line', children: ['plain'] }])
  })
})

describe('what a message says', () => {
  test('a fallback hides nothing of a message that is no reply', () => {
    assert.equal(read(body('pay me'), fallbackBefore('urn:xmpp:reply:0', 'pay me')).body, 'pay me')
  })

  test('an id of the archive is believed of the own account, or of the room', () => {
    const ids = [
      el('stanza-id', 'urn:xmpp:sid:0', { id: 'forged', by: 'mallory@localhost' }),
      el('stanza-id', 'urn:xmpp:sid:0', { id: 'mine', by: 'romeo@localhost' }),
      el('stanza-id', 'urn:xmpp:sid:0', { id: 'theirs', by: `${hall}` }),
    ]
    const message = read(body('x'), ...ids)
    assert.equal(message.stanzaId, 'mine')
    assert.equal(message.reference, 'i')
    const place = { peer: hall, author: 'occupant', isOwn: false, isRoom: true }
    const said = new ChatMessage(message.received, { ...place, archive: hall })
    assert.equal(said.stanzaId, 'theirs')
    assert.equal(said.reference, 'theirs')
    const unsure = new ChatMessage(message.received, { ...place, archive: undefined })
    assert.equal(unsure.reference, undefined)
    assert.throws(() => contentElements({ body: 'y', replyTo: unsure }), { kind: 'usage' })
  })

  test('an archive says what was taken back, and nobody else', () => {
    const { received, ...place } = read(el('retracted', 'urn:xmpp:message-retract:1', { id: 'r' }))
    const kept = new ReceivedMessage(received.stanza, juliet, romeo, { at: 0, archived: 'a1' })
    assert.equal(new ChatMessage(kept, { ...place, archive: undefined }).isRetracted, true)
    assert.equal(new ChatMessage(kept, { ...place, archive: undefined }).stanzaId, 'a1')
    assert.equal(new ChatMessage(received, { ...place, archive: undefined }).isRetracted, false)
  })

  test('one message can say several things', () => {
    const message = read(
      body('again'),
      el('replace', 'urn:xmpp:message-correct:0', { id: 'first' }),
      el('received', 'urn:xmpp:receipts', { id: 'r' }),
      el('displayed', 'urn:xmpp:chat-markers:0', { id: 'd' }),
      el('active', 'http://jabber.org/protocol/chatstates'),
    )
    assert.deepEqual(
      notesOf(message).map((note) => [note.kind, 'id' in note ? note.id : note.state]),
      [
        ['corrected', 'first'],
        ['receipt', 'r'],
        ['displayed', 'd'],
        ['state', 'active'],
      ],
    )
    assert.equal(hasContent(message), true)
  })

  test('what is broken says nothing', () => {
    const message = read(
      el('replace', 'urn:xmpp:message-correct:0'),
      el('received', 'urn:xmpp:receipts', { id: '' }),
      el('displayed', 'urn:xmpp:chat-markers:0'),
      el('reactions', 'urn:xmpp:reactions:0'),
      el('retract', 'urn:xmpp:message-retract:1'),
      el('reply', 'urn:xmpp:reply:0'),
      el('dancing', 'http://jabber.org/protocol/chatstates'),
    )
    assert.deepEqual(notesOf(message), [])
    assert.equal(message.replyTo, undefined)
    assert.equal(hasContent(message), false)
  })
})
