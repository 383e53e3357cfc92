import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Jid, jid } from '@rookery/protocol/jid'
import { iq, presence } from '@rookery/protocol/stanza'
import { block, unblock } from '@rookery/protocol/xeps/blocking'
import type { Element } from '@rookery/protocol/xml'
import { createMemoryStorage } from '@rookery/storage/memory'
import { AccountDocuments } from '../../account-documents.ts'
import { limitsSchema } from '../../config/limits.ts'
import type { IqRequest } from '../../iq-request.ts'
import { Lane } from '../../lane.ts'
import type { Service } from '../../service.ts'
import { presenceService } from '../../services/presence.ts'
import { rosterService } from '../../services/roster.ts'
import { Session } from '../../session.ts'
import { blockListForm } from './block-list.ts'
import { Commands } from './commands.ts'

/** Juliet with some contacts. Whom she hides from is noted, with whether the list held already. */
async function setUp(contacts: readonly string[]) {
  const storage = createMemoryStorage()
  await storage.open()
  const lists = new AccountDocuments(storage.host('localhost').documents, blockListForm)
  const full = jid('juliet@localhost/one')
  const link = { remoteAddress: '', isSecure: false, write: () => undefined, flushed: () => {}, close: () => {} }
  const session = new Session(full, link, new Lane(1, () => undefined), 0, 1)
  session.setPresence(presence(full, undefined, 'available'), 0)
  const told: string[] = []
  const note = async (what: string, contact: Jid): Promise<undefined> => {
    const list = await lists.of('juliet')
    told.push(`${what} ${contact} ${list.matches(contact) ? 'blocked' : 'heard'}`)
  }
  const services = new Map<Service<unknown>, unknown>([
    [
      presenceService,
      {
        hideFrom: (_: string, contact: Jid) => note('hide', contact),
        showTo: (_: string, contact: Jid) => note('show', contact),
      },
    ],
    [
      rosterService,
      {
        items: () => new Map(contacts.map((contact) => [contact, {}])),
      },
    ],
  ])
  const commands = new Commands(lists, {
    sessions: { of: () => [session], find: () => undefined },
    limits: limitsSchema.parse(undefined),
    random: { id: () => 'id', bytes: () => new Uint8Array() },
    services: {
      find: <T>(token: Service<T>) => services.get(token) as T | undefined,
      use: <T>(token: Service<T>) => services.get(token) as T,
    },
  })
  const request = (payload: Element): IqRequest => ({
    iq: iq(full, full.bare, 'set', '1', payload),
    payload,
    from: full,
    to: full.bare,
    session,
  })
  const jids = (addresses: readonly string[]) => ({ jids: addresses.map((address) => jid(address)) })
  return {
    told,
    block: (...addresses: string[]) => commands.block(request(block.build(jids(addresses)))),
    unblock: (...addresses: string[]) => commands.unblock(request(unblock.build(jids(addresses)))),
  }
}

test('goes before the block holds, and comes back after', async () => {
  const { told, block, unblock } = await setUp(['romeo@x'])
  await block('romeo@x', 'nurse@x')
  await block('romeo@x')
  assert.deepEqual(told.splice(0), ['hide romeo@x heard', 'hide nurse@x heard'])
  await unblock('romeo@x', 'other@x')
  assert.deepEqual(told, ['show romeo@x heard'])
})

test('a domain is hidden from and shown to as a whole', async () => {
  const { told, block, unblock } = await setUp(['romeo@x', 'x', 'nurse@y'])
  await block('romeo@x')
  await block('x')
  assert.deepEqual(told.splice(0), ['hide romeo@x heard', 'hide x heard'])
  await unblock('romeo@x')
  assert.deepEqual(told.splice(0), [])
  await block('romeo@x')
  await unblock()
  assert.deepEqual(told, ['show x heard'])
})

test('is not shown to somebody whom another entry blocks', async () => {
  const { told, block, unblock } = await setUp(['romeo@x', 'nurse@x', 'x'])
  await block('romeo@x', 'x')
  told.splice(0)
  await unblock('x')
  assert.deepEqual(told, ['show nurse@x heard'])
})
