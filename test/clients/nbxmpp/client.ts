/** nbxmpp (Gajim's library), as bot.py uses it. */
import { join } from 'node:path'
import { Bot, type BotProgram } from '../bot.ts'
import { findPython } from '../python.ts'
import type { ContinuingClientMaker } from '../stock-client.ts'

const kind: BotProgram = {
  name: 'nbxmpp',
  python: findPython('nbxmpp'),
  script: join(import.meta.dirname, 'bot.py'),
}

export const makeNbxmpp: ContinuingClientMaker = (account, connection) => new Bot(account, connection, kind)

export const makeNbxmppOverWebSocket: ContinuingClientMaker = (account, connection) =>
  new Bot(account, connection, { ...kind, address: ({ webSocket = '' }) => webSocket })
