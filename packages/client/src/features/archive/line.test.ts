import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJid } from '@rookery/protocol/jid'
import * as NS from '@rookery/protocol/namespaces'
import { Message } from '@rookery/protocol/stanza'
import { DELAY_NS } from '@rookery/protocol/xeps/delay'
import { STANZA_ID_NS } from '@rookery/protocol/xeps/stanza-id'
import { type Element, el } from '@rookery/protocol/xml'
import { Seen } from '../../messages/seen.ts'
import { Line } from './line.ts'

const romeo = parseJid('romeo@localhost')!
const juliet = parseJid('juliet@localhost')!

function live(id: string, ...more: Element[]): Message {
  const children = [el('stanza-id', STANZA_ID_NS, { id, by: romeo.toString() }), ...more]
  return new Message(el('message', NS.client, {}, children), juliet, romeo)
}

/** What the server had kept while nobody was there. */
function offline(id: string): Message {
  return live(id, el('delay', DELAY_NS, {}))
}

test('of what the server had kept, those of one second count all, and older ones than the archive has told do not', () => {
  const marks: string[] = []
  const line = new Line(
    new Seen(new Set()),
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

test('what comes live once more, after the archive has told it and others, is not the last that was dealt with', () => {
  const marks: string[] = []
  const seen = new Seen(new Set())
  const line = new Line(
    seen,
    () => romeo,
    ({ id }) => marks.push(id),
  )
  const read = (stanza: Message, archived?: string) => () =>
    seen.once(stanza, { at: 0, archived }, juliet, romeo, () => undefined)
  void line.pass(live('one'), { at: 1 }, read(live('one')))
  for (const id of ['one', 'two']) {
    read(live(id), id)()
    line.mark({ id, at: 1 }, undefined)
  }
  line.release(true)
  assert.deepEqual(marks, ['one', 'two'])
  line.pass(live('three'), { at: 1 }, read(live('three')))
  assert.deepEqual(marks, ['one', 'two', 'three'])
})
