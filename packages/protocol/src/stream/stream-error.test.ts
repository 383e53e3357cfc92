import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as NS from '../namespaces.ts'
import { el } from '../xml/index.ts'
import { readStreamError, StreamError } from './index.ts'

test('a stream error is read as it was written', () => {
  for (const error of [new StreamError('conflict'), new StreamError('reset', 'é', el('a', 'urn:app'))])
    assert.deepEqual(readStreamError(error.toElement()), error)
})

test('what is missing or unknown reads as undefined-condition', () => {
  const read = (...children: ReturnType<typeof el>[]) =>
    readStreamError(el('error', NS.streams, {}, children)).condition
  assert.equal(read(), 'undefined-condition')
  for (const name of ['no-such', 'constructor', 'text'])
    assert.equal(read(el(name, NS.streamErrors)), 'undefined-condition')
  assert.equal(read(el('conflict', 'urn:other')), 'undefined-condition')
  assert.equal(read(el('text', NS.streamErrors, {}, 'x'), el('conflict', NS.streamErrors)), 'conflict')
})
