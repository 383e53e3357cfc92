/**
 * What extensions say beside their codecs: limits of an upload service, the count of chunks, errors of Jingle and SOAP,
 * who sends a file, the software of a client.
 */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { CodecError } from '../codec/index.ts'
import { discoInfo } from '../disco/index.ts'
import { makeField } from '../forms/index.ts'
import { nextSeq } from './ibb.ts'
import { JINGLE_ERRORS_NS, type JingleContent, jingle, jingleError } from './jingle.ts'
import { isOffer, jingleFile, jingleFileError } from './jingle-file.ts'
import { SOAP_FAULT_NS, soapError } from './soap.ts'
import { SOFTWARE_INFO_FORM, softwareInfoForm, softwareInfoOf } from './software-info.ts'
import { maxFileSizeForm, maxFileSizeOf, UPLOAD_NS } from './upload.ts'

it('the largest file is read from the disco info of the service', () => {
  const other = { ...maxFileSizeForm(7), fields: [makeField('FORM_TYPE', 'hidden', ['urn:example:play'])] }
  const forms = [other, maxFileSizeForm(5_242_880)]
  const sent = discoInfo.parse(discoInfo.build({ identities: [], features: [UPLOAD_NS], forms }))
  assert.ok(sent !== undefined && !(sent instanceof CodecError))
  assert.equal(maxFileSizeOf(sent.forms), 5_242_880)
})

it('a service that names no largest file, or none that is a number, has none', () => {
  assert.equal(maxFileSizeOf([]), undefined)
  for (const word of ['', 'many', '-1', '1e3']) {
    const fields = [makeField('FORM_TYPE', 'hidden', [UPLOAD_NS]), makeField('max-file-size', undefined, [word])]
    assert.equal(maxFileSizeOf([{ ...maxFileSizeForm(1), fields }]), undefined, word)
  }
})

it('chunks are counted in 16 bits', () => {
  assert.deepEqual([nextSeq(0), nextSeq(65_534), nextSeq(65_535)], [1, 65_535, 0])
})

it('errors of Jingle have their own condition beside that of RFC 6120', () => {
  const refused = jingleError('tie-break')
  assert.deepEqual([refused.condition, refused.type], ['conflict', 'cancel'])
  assert.equal(refused.application?.is('tie-break', JINGLE_ERRORS_NS), true)
  assert.equal(jingleError('unknown-session').condition, 'item-not-found')
})

it('the software of a client stands in its disco info', () => {
  const info = { os: 'Linux', software: 'Quince', version: '1.0' }
  const sent = discoInfo.parse(discoInfo.build({ identities: [], features: [], forms: [softwareInfoForm(info)] }))
  assert.ok(sent !== undefined && !(sent instanceof CodecError))
  assert.deepEqual(softwareInfoOf(sent.forms), info)
  assert.equal(sent.forms[0]?.fields[0]?.values[0], SOFTWARE_INFO_FORM)
  assert.equal(softwareInfoOf([maxFileSizeForm(1)]), undefined)
})

it('a file is offered by who added it, or asked for', () => {
  const content = (creator: 'initiator' | 'responder', senders: JingleContent['senders']): JingleContent => ({
    creator,
    name: 'a-script',
    senders,
  })
  assert.equal(isOffer(content('initiator', 'initiator')), true)
  assert.equal(isOffer(content('responder', 'responder')), true)
  assert.equal(isOffer(content('initiator', 'responder')), false)
  assert.equal(isOffer(content('initiator', undefined)), false)
})

it('the folder of a file is not told to the other side', () => {
  const file = { name: '/home/bottom/part.txt', descriptions: [], hashes: [], hashesUsed: [] }
  assert.equal(jingleFile.build({ file }).child('file')?.childText('name'), 'part.txt')
})

it('what the application says of a reason stands beside its condition', () => {
  const application = jingleFileError('file-too-large')
  const reason = { condition: 'media-error', application } as const
  const built = jingle.build({ action: 'session-terminate', sid: 'lion', contents: [], reason, infos: [] })
  const sent = jingle.parse(built)
  assert.ok(sent !== undefined && !(sent instanceof CodecError))
  assert.deepEqual(sent.reason, reason)
})

it('a fault of SOAP has its code beside the undefined condition', () => {
  const refused = soapError('Sender')
  assert.deepEqual([refused.condition, refused.type], ['undefined-condition', 'modify'])
  assert.equal(refused.application?.is('Sender', SOAP_FAULT_NS), true)
  assert.equal(soapError('Receiver').type, 'cancel')
})
