/** nbxmpp (Gajim's library), as bot.py uses it. */
import { join } from 'node:path'
import { Bot } from '../bot.ts'
import { findPython } from '../python.ts'
import type { ContinuingClientMaker } from '../stock-client.ts'

export const makeNbxmpp: ContinuingClientMaker = (account, connection) =>
  new Bot(account, connection, {
    name: 'nbxmpp',
    python: findPython('nbxmpp'),
    script: join(import.meta.dirname, 'bot.py'),
  })
