import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as NS from '../namespaces.ts'
import { el } from '../xml/index.ts'
import { readStanzaError, StanzaError, type StanzaErrorDetails } from './index.ts'

const stanzaWith = (error: StanzaError) => el('message', NS.client, { type: 'error' }, [error.toElement()])

describe('a stanza error', () => {
  test('has the type that RFC 6120 8.3.3 pairs with its condition', () => {
    const types = {
      'bad-request': 'modify',
      forbidden: 'auth',
      'item-not-found': 'cancel',
      'recipient-unavailable': 'wait',
      'service-unavailable': 'cancel',
      'unexpected-request': 'wait',
    } as const
    for (const [condition, type] of Object.entries(types))
      assert.equal(new StanzaError(condition as keyof typeof types).type, type)
    assert.equal(new StanzaError('internal-server-error', { type: 'wait' }).type, 'wait')
  })

  test('puts the condition first, then a text in English, then what an application adds [RFC6120 8.3.2]', () => {
    const application = el('too-many', 'urn:app')
    const element = new StanzaError('policy-violation', { text: 'slow down', application, by: 'x.org' }).toElement()
    assert.equal(element.attr('type'), 'modify')
    assert.equal(element.attr('by'), 'x.org')
    assert.deepEqual(
      element.childElements().map((child) => `{${child.ns}}${child.name}`),
      [`{${NS.stanzaErrors}}policy-violation`, `{${NS.stanzaErrors}}text`, '{urn:app}too-many'],
    )
    assert.equal(element.child('text', NS.stanzaErrors)?.attr('xml:lang'), 'en')
    assert.equal(element.ns, NS.client)
    assert.equal(new StanzaError('gone').toElement(NS.server).ns, NS.server)
  })

  test('is read as it was written', () => {
    const details: StanzaErrorDetails = { type: 'wait', text: 'é', application: el('a', 'urn:app'), by: 'x.org' }
    const error = new StanzaError('not-allowed', details)
    assert.deepEqual(readStanzaError(stanzaWith(error)), error)
    assert.deepEqual(readStanzaError(stanzaWith(new StanzaError('gone'))), new StanzaError('gone'))
  })

  test('says where to go instead of what is gone [RFC6120 8.3.3.5, 8.3.3.14]', () => {
    for (const condition of ['gone', 'redirect'] as const) {
      const error = new StanzaError(condition, { redirect: 'xmpp:romeo@afterlife.example.net' })
      assert.deepEqual(readStanzaError(stanzaWith(error)), error)
      const wrapped = el(condition, NS.stanzaErrors, {}, '\n  xmpp:romeo@afterlife.example.net\n')
      const read = readStanzaError(el('iq', NS.client, {}, [el('error', NS.client, {}, [wrapped])]))
      assert.equal(read.redirect, 'xmpp:romeo@afterlife.example.net')
    }
  })

  test('reads as undefined-condition where something is missing, unknown or odd', () => {
    const undefinedCondition = new StanzaError('undefined-condition')
    const read = (...children: ReturnType<typeof el>[]) =>
      readStanzaError(el('iq', NS.client, { type: 'error' }, children))
    assert.deepEqual(read(), undefinedCondition)
    assert.deepEqual(read(el('error', NS.client)), undefinedCondition)
    assert.deepEqual(read(el('error', NS.client, { type: 'fatal' }, [el('gone', 'urn:other')])).type, 'cancel')
    for (const name of ['no-such-condition', 'constructor', '__proto__', 'toString'])
      assert.deepEqual(read(el('error', NS.client, {}, [el(name, NS.stanzaErrors)])), undefinedCondition)
    // a condition of ours in another namespace is not one
    const elsewhere = read(el('error', NS.client, { type: 'cancel' }, [el('gone', NS.client)]))
    assert.equal(elsewhere.condition, 'undefined-condition')
    assert.ok(elsewhere.application?.is('gone', NS.client))
  })

  test('is read from stanzas of servers, too', () => {
    const stanza = el('message', NS.server, {}, [new StanzaError('gone').toElement(NS.server)])
    assert.equal(readStanzaError(stanza).condition, 'gone')
  })
})
