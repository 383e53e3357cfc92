/** Two profanity users on this server. */
import { after, before, test } from 'node:test'
import { everyday } from './everyday.ts'
import { makeProfanity } from './profanity/client.ts'
import { startTarget, type Target } from './target.ts'

let target: Target
before(async () => {
  target = await startTarget()
})
after(() => target?.stop())

test('profanity logs in with SCRAM over STARTTLS, adds, sees, chats and catches up', { timeout: 120_000 }, (t) =>
  everyday(t, target, makeProfanity, makeProfanity),
)
