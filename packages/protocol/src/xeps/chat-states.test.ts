/** Which state a message tells. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { el } from '../xml/index.ts'
import { CHAT_STATES_NS, type ChatState, chatState, chatStateOf } from './chat-states.ts'

const ns = CHAT_STATES_NS
const text = el('body', 'jabber:client', undefined, 'Who is there?')

for (const state of ['active', 'composing', 'paused', 'inactive', 'gone'] satisfies ChatState[])
  it(`${state} is found in the message it was put into`, () => {
    assert.ok(chatState(state).is(state, ns))
    assert.equal(chatStateOf(el('message', 'jabber:client', undefined, [text, chatState(state)])), state)
  })

it('other elements tell no state', () => {
  const children = [' ', text, el('toString', ns), el('active', 'urn:xmpp:csi:0')]
  assert.equal(chatStateOf(el('message', 'jabber:client', undefined, children)), undefined)
})
