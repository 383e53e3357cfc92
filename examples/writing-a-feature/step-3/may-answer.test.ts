import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jid } from '@rookery/protocol/jid'
import { type MessageType, message } from '@rookery/protocol/stanza'
import { el } from '@rookery/protocol/xml'
import { mayAnswer } from './may-answer.ts'

const body = el('body', 'jabber:client', {}, 'Art thou there?')
const to = jid('romeo@localhost')
const write = (type: MessageType, children = [body]) => message(jid('juliet@localhost/balcony'), to, { type }, children)

test('step 3: a chat message with a body is answered, once', () => {
  assert.equal(mayAnswer(write('chat'), new Set()), true)
  assert.equal(mayAnswer(write('chat'), new Set(['romeo@localhost'])), false)
})

test('step 3: who writes to their own account is not answered', () => {
  assert.equal(mayAnswer(write('chat').with({ from: to.withResource('orchard') }), new Set()), false)
})

test('step 3: errors, headlines, rooms and messages without a body are not answered', () => {
  for (const type of ['error', 'headline', 'groupchat'] as const) assert.equal(mayAnswer(write(type), new Set()), false)
  assert.equal(mayAnswer(write('chat', []), new Set()), false)
})
