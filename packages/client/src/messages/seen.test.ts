/** Messages that come twice: how long they are known, and whose ids they are known by. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jid } from '@rookery/protocol/jid'
import * as NS from '@rookery/protocol/namespaces'
import { Message } from '@rookery/protocol/stanza'
import { originId, stanzaId } from '@rookery/protocol/xeps/stanza-id'
import { el } from '@rookery/protocol/xml'
import { Seen } from './seen.ts'

const account = jid('romeo@localhost')
const from = jid('juliet@localhost/balcony')
const last = 5_000

/** What was handed on when this one came; `undefined` when it was known. */
function come(
  seen: Seen,
  name: string,
  work?: Promise<undefined>,
): { readonly isNew: boolean; readonly work: unknown } {
  const ids = [stanzaId.build({ id: `archive-${name}`, by: account }), originId.build({ id: `origin-${name}` })]
  let isNew = false
  const answer = seen.once(
    new Message(el('message', NS.client, {}, ids), from, account),
    { at: 0 },
    from,
    account,
    () => {
      isNew = true
      return work
    },
  )
  return { isNew, work: answer }
}

test('each of the last 5,000 messages is known again, also where it has two ids', () => {
  const seen = new Seen(new Set())
  for (let at = 0; at < last; at++) assert.ok(come(seen, `${at}`).isNew)
  assert.equal(come(seen, '0').isNew, false)
  come(seen, 'one more')
  assert.equal(come(seen, '0').isNew, true)
})

test('what somebody still works on is known, however much has come since', async () => {
  const seen = new Seen(new Set())
  let done: (value: undefined) => void = () => undefined
  const work = new Promise<undefined>((resolve) => (done = resolve))
  come(seen, 'slow', work)
  for (let at = 0; at < 2 * last; at++) come(seen, `${at}`)
  assert.deepEqual(come(seen, 'slow'), { isNew: false, work })
  assert.ok(seen.has(account, 'archive-slow'))
  done(undefined)
  await work
  assert.deepEqual(come(seen, 'slow'), { isNew: false, work: undefined })
})
