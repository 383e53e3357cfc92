import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jid } from '@rookery/protocol/jid'
import { message, presence } from '@rookery/protocol/stanza'
import { Delivery } from './delivery.ts'
import { Lane } from './lane.ts'
import { Session } from './session.ts'

const full = jid('juliet@localhost/balcony')

function setUp(): { session: Session; sent: string[] } {
  const sent: string[] = []
  const link = {
    remoteAddress: '',
    isSecure: false,
    write: (wire: string) => void sent.push(wire),
    flushed: () => {},
    close: () => {},
  }
  return { session: new Session(full, link, new Lane(1, () => undefined), 0, 1000), sent }
}

test('a holdback sees everything that is sent, and what it does not take goes at once', () => {
  const { session, sent } = setUp()
  const kept: string[] = []
  session.setHoldback({
    take: (wire) => (wire.startsWith('<presence') ? kept.push(wire) > 0 : false),
    flush: () => {
      for (const wire of kept.splice(0)) session.sendHeldBack(wire)
    },
  })
  const chat = message(undefined, full, { type: 'chat' }, [])
  session.send(presence(undefined, full, 'available'))
  session.sendMessage(new Delivery(chat, 0, 'nowhere'), chat.wire())
  session.sendWire("<presence to='x'/>")
  assert.deepEqual(sent, [chat.wire()])
  session.holdback?.flush()
  assert.deepEqual(sent.slice(1), [presence(undefined, full, 'available').wire(), "<presence to='x'/>"])
  session.setHoldback(undefined)
  session.sendWire("<presence to='y'/>")
  assert.equal(sent.at(-1), "<presence to='y'/>")
})

test('messages that waited for older ones pass the holdback when they are released', () => {
  const { session, sent } = setUp()
  const seen: (string | undefined)[] = []
  session.setHoldback({ take: (_, stanza) => seen.push(stanza?.id) < 0, flush: () => {} })
  const chat = message(undefined, full, { id: 'm1' }, [])
  session.hold()
  session.sendMessage(new Delivery(chat, 0, 'nowhere'), chat.wire())
  assert.deepEqual(sent, [])
  session.release()
  assert.deepEqual(seen, ['m1'])
  assert.deepEqual(sent, [chat.wire()])
})
