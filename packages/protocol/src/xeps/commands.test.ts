/** Which steps an answer to a command allows, its form, and the errors of commands. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { CodecError } from '../codec/index.ts'
import { el } from '../xml/index.ts'
import { COMMANDS_NS, type CommandAnswer, commandError, commandForm, stepsOf } from './commands.ts'

const answer: CommandAnswer = { node: 'cast', status: 'executing', notes: [], payloads: [] }

it('an answer without a list of steps is to be completed', () => {
  assert.deepEqual(stepsOf(answer), { allowed: ['complete'], usual: 'complete' })
})

it('the usual step is the one named, else the next one', () => {
  const actions = { prev: true, next: true, complete: true }
  assert.deepEqual(stepsOf({ ...answer, actions }), { allowed: ['prev', 'next', 'complete'], usual: 'next' })
  assert.equal(stepsOf({ ...answer, actions: { ...actions, execute: 'complete' } }).usual, 'complete')
})

it('a usual step that is not allowed is none', () => {
  assert.deepEqual(stepsOf({ ...answer, actions: { prev: true, execute: 'next' } }), {
    allowed: ['prev'],
    usual: undefined,
  })
})

it('a command that ended allows no step', () => {
  assert.deepEqual(stepsOf({ ...answer, status: 'completed' }), { allowed: [], usual: undefined })
})

it('the form is the first one among the payloads', () => {
  const form = (title: string) =>
    el('x', 'jabber:x:data', { type: 'form' }, [el('title', 'jabber:x:data', undefined, title)])
  const payloads = [el('x', 'jabber:x:oob'), form('first'), form('second')]
  const found = commandForm({ ...answer, payloads })
  assert.ok(found !== undefined && !(found instanceof CodecError))
  assert.equal(found.title, 'first')
  assert.equal(commandForm(answer), undefined)
  assert.ok(commandForm({ ...answer, payloads: [el('x', 'jabber:x:data')] }) instanceof CodecError)
})

it('errors have their own condition beside that of RFC 6120', () => {
  const bad = commandError('bad-payload', 'A part is needed.')
  assert.deepEqual([bad.condition, bad.type, bad.text], ['bad-request', 'modify', 'A part is needed.'])
  assert.equal(bad.application?.is('bad-payload', COMMANDS_NS), true)
  const late = commandError('session-expired')
  assert.deepEqual([late.condition, late.type], ['not-allowed', 'cancel'])
})
