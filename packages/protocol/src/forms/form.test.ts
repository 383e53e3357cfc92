/** Typed forms: what is sent back and forth, which fields are missed, emptied or unknown. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CodecError } from '../codec/index.ts'
import { jid } from '../jid/index.ts'
import { type Element, el } from '../xml/index.ts'
import {
  booleanField,
  dataForm,
  dateTimeField,
  FORM_NS,
  form,
  integerField,
  jidMulti,
  jidSingle,
  listMulti,
  listSingle,
  textMulti,
  textPrivate,
  textSingle,
  validate,
} from './index.ts'

const room = form('urn:example:room', {
  name: textSingle({ required: true, label: 'Name' }),
  secret: textPrivate({ var: 'room#secret' }),
  about: textMulti(),
  open: booleanField(),
  seats: integerField({ min: 1, max: 100 }),
  begins: dateTimeField(),
  owner: jidSingle(),
  guests: jidMulti(),
  kind: listSingle(['stage', { value: 'hall', label: 'A large hall' }]),
  lamps: listMulti(['red', 'green']),
})

const full = {
  name: 'Globe',
  secret: 'yorick',
  about: ['Round.', 'Open above.'],
  open: false,
  seats: 100,
  begins: 0,
  owner: jid('will@globe.example'),
  guests: [jid('a@globe.example'), jid('b@globe.example')],
  kind: 'hall',
  lamps: ['green', 'red'],
} as const

function submitted(...fields: [name: string, ...values: string[]][]): Element {
  const children = [['FORM_TYPE', 'urn:example:room'], ...fields].map(([name, ...values]) =>
    el(
      'field',
      FORM_NS,
      { var: name },
      values.map((value) => el('value', FORM_NS, undefined, value)),
    ),
  )
  return el('x', FORM_NS, { type: 'submit' }, children)
}

function sentence(value: unknown): string {
  assert.ok(value instanceof CodecError)
  return value.sentence
}

describe('a submission', () => {
  it('is read as it was written', () => {
    assert.deepEqual(room.submission(room.submit(full)), { values: full, emptied: [], unknown: [] })
  })

  it('has types', () => {
    const sent = room.submission(room.submit(full))
    assert.ok(sent !== undefined && sent !== 'cancel' && !(sent instanceof CodecError))
    const name: string = sent.values.name
    const kind: 'stage' | 'hall' | undefined = sent.values.kind
    // @ts-expect-error the field is not required
    const seats: number = sent.values.seats
    assert.deepEqual([name, kind, seats], ['Globe', 'hall', 100])
  })

  it('says which fields to unset, apart from those to leave', () => {
    assert.deepEqual(room.submission(submitted(['name', 'Globe'], ['owner'], ['about', '', ''], ['room#secret', ''])), {
      values: { name: 'Globe' },
      emptied: ['owner', 'about', 'secret'],
      unknown: [],
    })
  })

  it('keeps fields it does not know', () => {
    const sent = room.submission(submitted(['name', 'Globe'], ['__proto__', 'x'], ['{urn:x}more', '1', '2']))
    assert.ok(sent !== undefined && sent !== 'cancel' && !(sent instanceof CodecError))
    assert.deepEqual(
      sent.unknown.map((field) => [field.var, ...field.values]),
      [
        ['__proto__', 'x'],
        ['{urn:x}more', '1', '2'],
      ],
    )
  })

  it('is broken without a required field, even an empty one', () => {
    assert.equal(sentence(room.submission(submitted())), 'The form field "name" is required.')
    assert.equal(sentence(room.submission(submitted(['name', '']))), 'The form field "name" is required.')
  })

  it('is broken by a value of another kind', () => {
    const wrong = (name: string, ...values: string[]) =>
      sentence(room.submission(submitted(['name', 'x'], [name, ...values])))
    assert.equal(wrong('seats', '101'), 'The form field "seats" must be a whole number from 1 to 100.')
    assert.equal(wrong('open', 'yes'), 'The form field "open" must be "true" or "false".')
    assert.equal(wrong('owner', '@'), 'The form field "owner" must be an XMPP address.')
    assert.equal(wrong('guests', 'a@b', '@'), 'The form field "guests" must be an XMPP address.')
    assert.equal(wrong('kind', 'cellar'), 'The form field "kind" must be one of "stage", "hall".')
    assert.equal(wrong('begins', 'soon'), 'The form field "begins" must be a date and time as in XEP-0082.')
    assert.equal(wrong('room#secret', 'a', 'b'), 'The form field "room#secret" may have one value only.')
  })

  it('takes every form of a boolean', () => {
    for (const [text, open] of [
      ['1', true],
      ['true', true],
      ['0', false],
      ['false', false],
    ] as const) {
      const sent = room.submission(submitted(['name', 'x'], ['open', text]))
      assert.deepEqual(sent, { values: { name: 'x', open }, emptied: [], unknown: [] })
    }
  })

  it('counts an address given twice once', () => {
    const sent = room.submission(submitted(['name', 'x'], ['guests', 'a@b.example', 'A@B.example']))
    assert.deepEqual(sent, { values: { name: 'x', guests: [jid('a@b.example')] }, emptied: [], unknown: [] })
  })

  it('may be cancelled', () => assert.equal(room.submission(el('x', FORM_NS, { type: 'cancel' })), 'cancel'))

  it('is not one of another form, nor another element', () => {
    const other = form('urn:example:other', {})
    assert.equal(room.submission(other.submit({})), undefined)
    assert.equal(room.submission(room.result(full)), undefined)
    assert.equal(room.submission(el('x', 'jabber:x:oob')), undefined)
    assert.equal(room.submission(el('x', FORM_NS, { type: 'submit' })), undefined)
  })
})

describe('a blank form', () => {
  it('asks for every field, with defaults, options and rules', () => {
    const blank = dataForm.parse(room.blank({ open: true, kind: 'stage' }, { title: 'A room' }))
    assert.ok(blank !== undefined && !(blank instanceof CodecError))
    assert.equal(blank.title, 'A room')
    const fields = new Map(blank.fields.map((field) => [field.var, field]))
    assert.deepEqual([...fields.keys()].slice(0, 3), ['FORM_TYPE', 'name', 'room#secret'])
    assert.equal(fields.get('FORM_TYPE')?.type, 'hidden')
    assert.deepEqual(fields.get('name'), {
      var: 'name',
      type: 'text-single',
      label: 'Name',
      required: true,
      values: [],
      options: [],
    })
    assert.deepEqual(fields.get('open')?.values, ['1'])
    assert.deepEqual(fields.get('kind')?.options, [{ value: 'stage' }, { value: 'hall', label: 'A large hall' }])
    assert.deepEqual(validate.parse(fields.get('seats')!.validate!), {
      datatype: 'xs:integer',
      range: { min: '1', max: '100' },
    })
  })

  it('is read by the other side with its defaults', () => {
    assert.deepEqual(room.read(room.blank({ seats: 3 })), {
      values: { seats: 3 },
      emptied: ['name', 'secret', 'about', 'open', 'begins', 'owner', 'guests', 'kind', 'lamps'],
      unknown: [],
    })
  })
})

it('a result may have any of the fields', () => {
  assert.deepEqual(room.read(room.result({ seats: 3 })), { values: { seats: 3 }, emptied: [], unknown: [] })
})
