/** What the extensions declare beside their codecs: forms, stream features, hints, the error of a blocked address. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CodecError } from '../codec/index.ts'
import { discoInfo } from '../disco/index.ts'
import { dataForm, fieldOf } from '../forms/index.ts'
import { readStanzaError, StanzaError } from '../stanza/index.ts'
import { el } from '../xml/index.ts'
import { bind, bindFeature } from './bind.ts'
import { blocked } from './blocking.ts'
import { CARBONS_NS, isCopy } from './carbons.ts'
import { contactAddresses } from './contact-addresses.ts'
import { csi } from './csi.ts'
import { hasHint, hint } from './hints.ts'
import { isReserved } from './private.ts'
import { pubsubConditionOf, pubsubError, pubsubUnsupported } from './pubsub.ts'
import { nodeConfiguration, publishOptions } from './pubsub-configuration.ts'
import { changePasswordForm, register, registerFeature, registerForm } from './register.ts'
import { preApprovalFeature, rosterVersioningFeature } from './roster.ts'
import { session, sessionFeature } from './session.ts'
import { proceed, startTls, tlsFailure } from './starttls.ts'
import { STREAM_FEATURES } from './stream-features.ts'

it('contact addresses stand in the disco info of a server', () => {
  const values = {
    abuse: ['mailto:abuse@theatre.example', 'xmpp:abuse@theatre.example'],
    status: ['https://status.example'],
  }
  const forms = [contactAddresses.resultForm(values)]
  const sent = discoInfo.parse(discoInfo.build({ identities: [], features: [], forms }))
  assert.ok(sent !== undefined && !(sent instanceof CodecError))
  assert.equal(fieldOf(sent.forms[0]!, 'abuse-addresses')?.type, 'list-multi')
  assert.deepEqual(contactAddresses.read(dataForm.build(sent.forms[0]!)), { values, emptied: [], unknown: [] })
})

describe('registration', () => {
  it('by form gives a name and a password', () => {
    const values = { username: 'bottom', password: 'weaver' }
    const form = dataForm.parse(registerForm.submit(values))
    assert.ok(form !== undefined && !(form instanceof CodecError))
    const sent = register.parse(register.build({ form }))
    assert.ok(sent !== undefined && !(sent instanceof CodecError) && sent.form !== undefined)
    assert.deepEqual(registerForm.submission(dataForm.build(sent.form)), { values, emptied: [], unknown: [] })
  })

  it('keeps its forms apart', () => {
    const change = changePasswordForm.submit({ username: 'bottom', old_password: 'weaver', password: 'donkey' })
    assert.equal(registerForm.submission(change), undefined)
  })
})

describe('pubsub', () => {
  it('has the same options for a publication as for a node', () => {
    const values = { access: 'whitelist', persist: true, maxItems: 'max', sendLast: 'never' } as const
    const sent = { values, emptied: [], unknown: [] }
    assert.deepEqual(publishOptions.submission(publishOptions.submit(values)), sent)
    assert.deepEqual(nodeConfiguration.read(nodeConfiguration.result(values)), sent)
    assert.equal(publishOptions.submission(nodeConfiguration.submit(values)), undefined)
  })

  it('says in errors what is the matter', () => {
    const ns = 'http://jabber.org/protocol/pubsub#errors'
    const refused = pubsubError('conflict', 'precondition-not-met')
    assert.deepEqual([refused.type, refused.application?.is('precondition-not-met', ns)], ['cancel', true])
    const lacking = pubsubUnsupported('create-nodes')
    assert.deepEqual([lacking.condition, lacking.type], ['feature-not-implemented', 'cancel'])
    assert.equal(lacking.application?.is('unsupported', ns), true)
    assert.equal(lacking.application?.attr('feature'), 'create-nodes')
  })

  it('finds in errors what is the matter', () => {
    const back = (error: StanzaError) => readStanzaError(el('iq', 'jabber:client', {}, [error.toElement()]))
    assert.equal(pubsubConditionOf(back(pubsubError('conflict', 'precondition-not-met'))), 'precondition-not-met')
    assert.equal(pubsubConditionOf(back(pubsubUnsupported('create-nodes'))), 'unsupported')
    assert.equal(pubsubConditionOf(new StanzaError('conflict', { application: blocked })), undefined)
    assert.equal(pubsubConditionOf(new StanzaError('conflict')), undefined)
  })
})

it('hints are found in a message', () => {
  const message = el('message', 'jabber:client', undefined, [hint('no-copy'), el('store', 'urn:example:shop')])
  assert.equal(hasHint(message, 'no-copy'), true)
  assert.equal(hasHint(message, 'store'), false)
})

it('namespaces of the protocol are reserved in private storage', () => {
  for (const ns of ['', 'vcard-temp', 'jabber:iq:roster', 'http://jabber.org/protocol/muc'])
    assert.equal(isReserved(ns), true)
  for (const ns of ['storage:bookmarks', 'exodus:prefs']) assert.equal(isReserved(ns), false)
})

it('stream features are named as they are built', () => {
  const built = {
    bind: bindFeature,
    session: sessionFeature,
    startTls: startTls.build({ required: true }),
    rosterVersioning: rosterVersioningFeature,
    preApproval: preApprovalFeature,
    register: registerFeature,
    csi: csi.build({}),
  }
  for (const [word, element] of Object.entries(built)) {
    const { name, ns } = STREAM_FEATURES[word as keyof typeof built]
    assert.ok(element.is(name, ns), word)
  }
  assert.deepEqual(session.parse(sessionFeature), { optional: true })
  assert.deepEqual(bind.parse(bindFeature), {})
})

it('fixed elements are in the namespaces of their specifications', () => {
  assert.ok(proceed.is('proceed', 'urn:ietf:params:xml:ns:xmpp-tls'))
  assert.ok(tlsFailure.is('failure', 'urn:ietf:params:xml:ns:xmpp-tls'))
  assert.ok(blocked.is('blocked', 'urn:xmpp:blocking:errors'))
})

it('copies are told from the requests and marks of the same namespace', () => {
  for (const name of ['received', 'sent']) assert.ok(isCopy(el(name, CARBONS_NS)))
  for (const name of ['enable', 'disable', 'private']) assert.ok(!isCopy(el(name, CARBONS_NS)))
  assert.ok(!isCopy(el('received', 'urn:xmpp:receipts')))
})
