/** The form of archive queries: what it offers, and what a submission says. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isBroken } from '../codec/index.ts'
import { dataForm, makeField, validate } from '../forms/index.ts'
import { jid } from '../jid/index.ts'
import { archiveForm } from './mam.ts'

it('the blank form has every field of the specification, in its type, and requires none', () => {
  const blank = dataForm.parse(archiveForm.blank())
  assert.ok(blank !== undefined && !isBroken(blank))
  assert.deepEqual(
    blank.fields.map(({ var: name, type }) => [name, type]),
    [
      ['FORM_TYPE', 'hidden'],
      ['with', 'jid-single'],
      ['start', 'text-single'],
      ['end', 'text-single'],
      ['before-id', 'text-single'],
      ['after-id', 'text-single'],
      ['ids', 'list-multi'],
      ['include-groupchat', 'boolean'],
      ['{urn:xmpp:fulltext:0}fulltext', 'text-single'],
    ],
  )
  assert.ok(blank.fields.every(({ required }) => required === undefined))
  const ids = blank.fields.find(({ var: name }) => name === 'ids')
  assert.deepEqual(validate.parse(ids!.validate!), { datatype: 'xs:string', open: true })
  assert.deepEqual(ids?.options, [])
})

it('a submission is read as it was written', () => {
  const values = { with: jid('juliet@capulet.example'), start: 0, end: 1500, ids: ['a', 'b'], fulltext: 'art thou' }
  assert.deepEqual(archiveForm.submission(archiveForm.submit(values)), { values, emptied: [], unknown: [] })
})

it('a field that is not known is told apart', () => {
  const fields = [makeField('FORM_TYPE', 'hidden', ['urn:xmpp:mam:2']), makeField('mood', undefined, ['merry'])]
  const sent = archiveForm.submission(dataForm.build({ type: 'submit', instructions: [], fields, items: [] }))
  assert.ok(sent !== undefined && sent !== 'cancel' && !isBroken(sent))
  assert.deepEqual(
    sent.unknown.map(({ var: name }) => name),
    ['mood'],
  )
})

it('a moment that is none is a mistake', () => {
  const fields = [makeField('FORM_TYPE', 'hidden', ['urn:xmpp:mam:2']), makeField('start', undefined, ['yesterday'])]
  assert.ok(isBroken(archiveForm.submission(dataForm.build({ type: 'submit', instructions: [], fields, items: [] }))))
})
