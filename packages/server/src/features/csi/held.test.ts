import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jid } from '@rookery/protocol/jid'
import { Message, Presence } from '@rookery/protocol/stanza'
import { el } from '@rookery/protocol/xml'
import fc from 'fast-check'
import { Lane } from '../../lane.ts'
import { Session } from '../../session.ts'
import { Held } from './held.ts'

const own = jid('juliet@localhost/phone')
const policy = { presence: true, chatStates: true, quietNodes: new Set<string>() }

type Step = 'chat' | 'typing' | 'presence' | 'flush'
const steps = fc.array(
  fc.tuple(fc.constantFrom<Step>('chat', 'typing', 'presence', 'flush'), fc.constantFrom('a', 'b', 'c')),
  { maxLength: 60 },
)

function stanzaOf(what: Exclude<Step, 'flush'>, from: string, number: number): Message | Presence {
  const sender = jid(`${from}@localhost/one`)
  const attributes = { id: `${number}`, type: what === 'presence' ? undefined : 'chat' }
  if (what === 'presence') return new Presence(el('presence', 'jabber:client', attributes), sender, own, 'available')
  const content =
    what === 'chat' ? el('body', 'jabber:client', {}, 'hi') : el('composing', 'http://jabber.org/protocol/chatstates')
  return new Message(el('message', 'jabber:client', attributes, [content]), sender, own)
}

/** Plays the steps, at the end of which everything is sent; what came, by number. */
function play(run: readonly [Step, string][], bounds: { stanzas: number; bytes: number }): string[] {
  const sent: string[] = []
  const write = (wire: string): undefined => void sent.push(wire)
  const link = { remoteAddress: '', isSecure: false, write, flushed: () => {}, close: () => {} }
  const session = new Session(own, link, new Lane(1, () => undefined), 0, 1000)
  const held = new Held(session, policy, bounds)
  session.setHoldback(held)
  for (const [number, [what, from]] of run.entries()) {
    if (what === 'flush') held.flush()
    else session.send(stanzaOf(what, from, number))
  }
  held.flush()
  return sent.map((wire) => /id='(\d+)'/.exec(wire)![1]!)
}

/** What must come: all of it in order, without what a newer one of the same kind and sender replaced before anything was sent. */
function expected(run: readonly [Step, string][]): string[] {
  return run.flatMap(([what, from], number) => {
    if (what === 'flush') return []
    if (what === 'chat') return [`${number}`]
    const later = run.slice(number + 1)
    const sending = later.findIndex(([next]) => next === 'chat' || next === 'flush')
    const before = sending < 0 ? later : later.slice(0, sending)
    return before.some(([next, other]) => next === what && other === from) ? [] : [`${number}`]
  })
}

test('everything comes in its order, but for what was replaced', () => {
  fc.assert(
    fc.property(steps, (run) => assert.deepEqual(play(run, { stanzas: 1000, bytes: 1_000_000 }), expected(run))),
    { seed: 352, numRuns: 500 },
  )
})

test('nothing is lost or changes places where little may be held', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 5 }), (run, stanzas) => {
      const came = play(run, { stanzas, bytes: 400 })
      assert.deepEqual(
        came,
        came.toSorted((a, b) => Number(a) - Number(b)),
      )
      const all = new Set(came)
      assert.equal(all.size, came.length)
      for (const number of expected(run)) assert.ok(all.has(number))
    }),
    { seed: 353, numRuns: 500 },
  )
})
