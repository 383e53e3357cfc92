import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jid } from '../jid/index.ts'
import { el } from '../xml/index.ts'
import { presence } from './stanza.ts'

const from = jid('juliet@example.com/balcony')
const show = el('show', 'jabber:client', {}, 'away')

test('the same stanza to somebody else is written the same but for "to", whichever is written first', () => {
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
  ]) {
    const first = presence(from, undefined, 'available', [show], 'p1')
    const second = first.with({ to: jid('romeo@example.net') })
    const third = second.with({ to: jid('nurse@example.com') })
    const wires = ['', '', '']
    for (const i of order) wires[i] = [first, second, third][i]!.wire()
    assert.deepEqual(wires, [
      "<presence id='p1' from='juliet@example.com/balcony'><show>away</show></presence>",
      "<presence id='p1' from='juliet@example.com/balcony' to='romeo@example.net'><show>away</show></presence>",
      "<presence id='p1' from='juliet@example.com/balcony' to='nurse@example.com'><show>away</show></presence>",
    ])
  }
})

test('another sender or another element is written anew', () => {
  const first = presence(from, undefined, 'available', [show])
  first.wire()
  assert.equal(
    first.with({ from: from.bare }).wire(),
    "<presence from='juliet@example.com'><show>away</show></presence>",
  )
  assert.equal(
    first.with({ element: el('presence', 'jabber:client', {}, []) }).wire(),
    "<presence from='juliet@example.com/balcony'/>",
  )
})
