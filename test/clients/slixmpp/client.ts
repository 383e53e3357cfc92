/** slixmpp, as bot.py uses it. */
import { join } from 'node:path'
import { Bot } from '../bot.ts'
import { findPython } from '../python.ts'
import type { ContinuingClientMaker } from '../stock-client.ts'

export const makeSlixmpp: ContinuingClientMaker = (account, connection) =>
  new Bot(account, connection, {
    name: 'slixmpp',
    python: findPython('slixmpp'),
    script: join(import.meta.dirname, 'bot.py'),
  })
