/** Filling in forms that nobody declared: what goes back, and what is left out. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CodecError } from '../codec/index.ts'
import { jid } from '../jid/index.ts'
import { cancelled, type DataForm, dataForm, type Field, fillForm, form, jidMulti, submitForm } from './index.ts'

const field = (name: string | undefined, more: Partial<Field>): Field => ({
  var: name,
  values: [],
  options: [],
  ...more,
})
const sent: DataForm = {
  type: 'form',
  title: 'A room',
  instructions: ['Fill in what thou wilt.'],
  fields: [
    field('FORM_TYPE', { type: 'hidden', values: ['urn:example:room'] }),
    field(undefined, { type: 'fixed', values: ['Who may enter'] }),
    field('open', { type: 'boolean', values: ['1'] }),
    field('name', { type: 'text-single', required: true, values: ['The island'] }),
    field('seats', { type: 'text-single', values: ['40'] }),
    field('guests', { type: 'jid-multi', values: ['a@b.example'] }),
  ],
  items: [],
}
const pairs = ({ fields }: DataForm): unknown[] => fields.map((one) => [one.var, one.type, ...one.values])

describe('the answer to a form', () => {
  it('has what was given, and what must not be missing', () => {
    assert.deepEqual(pairs(fillForm(sent, { open: false })), [
      ['FORM_TYPE', 'hidden', 'urn:example:room'],
      ['open', 'boolean', '0'],
      ['name', 'text-single', 'The island'],
    ])
  })

  it('writes numbers, addresses and lists', () => {
    const answer = fillForm(sent, {
      name: 'The cell',
      seats: 2,
      guests: [jid('miranda@island.example'), 'x@y.example'],
    })
    assert.deepEqual(pairs(answer).slice(1), [
      ['name', 'text-single', 'The cell'],
      ['seats', 'text-single', '2'],
      ['guests', 'jid-multi', 'miranda@island.example', 'x@y.example'],
    ])
    assert.deepEqual(dataForm.parse(dataForm.build(answer)), answer)
  })

  it('unsets a field with an empty list, which is not the same as leaving it out', () => {
    assert.deepEqual(pairs(fillForm(sent, { guests: [], seats: undefined })).at(-1), ['guests', 'jid-multi'])
  })

  it('keeps fields that the form does not show', () => {
    assert.deepEqual(pairs(fillForm(sent, { '{urn:x}colour': 'blue' })).at(-1), ['{urn:x}colour', undefined, 'blue'])
  })

  it('accepts only the names that are listed', () => {
    const answer = fillForm<'open' | 'seats'>(sent, {
      open: true,
      // @ts-expect-error no such field
      chairs: 3,
    })
    assert.equal(answer.type, 'submit')
  })
})

it('a form known by its type is read by its declaration', () => {
  const room = form('urn:example:room', { guests: jidMulti() })
  const read = room.submission(dataForm.build(submitForm('urn:example:room', { guests: jid('a@b.example') })))
  assert.ok(read !== undefined && read !== 'cancel' && !(read instanceof CodecError))
  assert.deepEqual(read.values, { guests: [jid('a@b.example')] })
  assert.equal(room.submission(dataForm.build(cancelled)), 'cancel')
})
