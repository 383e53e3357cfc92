/** Bots on nbxmpp, Gajim's library, on this server. */
import { after, before, test } from 'node:test'
import { continuity } from './continuity.ts'
import { everyday } from './everyday.ts'
import { makeNbxmpp, makeNbxmppOverWebSocket } from './nbxmpp/client.ts'
import { startTarget, type Target } from './target.ts'

const speaks = ['stream management', 'resumption', 'carbons', 'the archive', 'client state']
let target: Target
before(async () => {
  target = await startTarget()
})
after(() => target?.stop())

test('nbxmpp logs in with SCRAM over STARTTLS, adds, sees, chats and catches up', { timeout: 120_000 }, (t) =>
  everyday(t, target, makeNbxmpp, makeNbxmpp),
)

test('nbxmpp over WebSocket and nbxmpp over TCP add, see, chat and catch up', { timeout: 120_000 }, (t) => {
  if (target.webSocket === undefined) return t.skip('these tests know no WebSocket of this server')
  return everyday(t, target, makeNbxmppOverWebSocket, makeNbxmpp)
})

test('nbxmpp loses and doubles nothing on two devices, away, cut off, restarted', { timeout: 240_000 }, (t) =>
  continuity(t, target, makeNbxmpp, makeNbxmpp, {
    returns: { loss: 'resumed', restart: 'anew', kill: 'resumed' },
    // It uses SASL2 where it is offered, also to come back.
    speaks: target.name === 'rookery' ? ['SASL2', ...speaks] : speaks,
  }),
)
