/** Every pair of different clients on this server. */
import { after, before, test } from 'node:test'
import { continuity } from './continuity.ts'
import { everyday } from './everyday.ts'
import { makeGoSendxmpp } from './go-sendxmpp/client.ts'
import { makeNbxmpp } from './nbxmpp/client.ts'
import { makeProfanity } from './profanity/client.ts'
import { makeSlixmpp } from './slixmpp/client.ts'
import { startTarget, type Target } from './target.ts'

let target: Target
before(async () => {
  target = await startTarget()
})
after(() => target?.stop())

test('profanity and slixmpp add, see, chat and catch up', { timeout: 120_000 }, (t) =>
  everyday(t, target, makeProfanity, makeSlixmpp),
)

test('slixmpp and go-sendxmpp add, see, chat and catch up', { timeout: 120_000 }, (t) =>
  everyday(t, target, makeSlixmpp, makeGoSendxmpp),
)

test('go-sendxmpp and profanity add, see, chat and catch up', { timeout: 120_000 }, (t) =>
  everyday(t, target, makeGoSendxmpp, makeProfanity),
)

test(
  'two devices with nbxmpp lose and double nothing of what profanity says to one of them',
  { timeout: 240_000 },
  (t) =>
    continuity(t, target, makeNbxmpp, makeProfanity, {
      returns: { loss: 'resumed', restart: 'anew', kill: 'resumed' },
      speaks: ['stream management', 'resumption', 'carbons', 'the archive'],
    }),
)
