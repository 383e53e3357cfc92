import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJid } from '@rookery/protocol/jid'
import * as NS from '@rookery/protocol/namespaces'
import { Message } from '@rookery/protocol/stanza'
import { DELAY_NS } from '@rookery/protocol/xeps/delay'
import { STANZA_ID_NS } from '@rookery/protocol/xeps/stanza-id'
import { el } from '@rookery/protocol/xml'
import { Line } from './line.ts'

const romeo = parseJid('romeo@localhost')!
const juliet = parseJid('juliet@localhost')!

/** What the server had kept while nobody was there. */
function offline(id: string): Message {
  const children = [el('stanza-id', STANZA_ID_NS, { id, by: romeo.toString() }), el('delay', DELAY_NS, {})]
  return new Message(el('message', NS.client, {}, children), juliet, romeo)
}

test('of what the server had kept, those of one second count all, and older ones than the archive has told do not', () => {
  const marks: string[] = []
  const line = new Line(
    () => romeo,
    ({ id }) => marks.push(id),
  )
  line.mark({ id: 'told', at: 5_600 }, undefined)
  line.release(true)
  for (const [id, at] of [
    ['one', 5_000],
    ['two', 5_000],
    ['older', 4_000],
    ['three', 6_000],
  ] as const)
    line.pass(offline(id), { at }, () => undefined)
  assert.deepEqual(marks, ['told', 'one', 'two', 'three'])
})
