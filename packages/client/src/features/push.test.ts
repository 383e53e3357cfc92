import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { discoInfo } from '@rookery/protocol/disco'
import { parseJid } from '@rookery/protocol/jid'
import { enablePush, PUSH_NS, publishOptionsOf } from '@rookery/protocol/xeps/push'
import type { Element } from '@rookery/protocol/xml'
import { startTestServer } from '@rookery/testkit'
import { HostileServer } from '../../../../test/client/harness/hostile-server.ts'
import { online } from '../../test/online.ts'
import { push, UnsupportedError, UsageError } from '../index.ts'

describe('push', () => {
  test('is turned on and off at a server that has it', async () => {
    await using server = await startTestServer()
    await using romeo = await online(server, [push])
    await romeo.push.enable('push.example', { node: 'n1', publishOptions: { secret: 's' } })
    await romeo.push.disable('push.example', { node: 'n1' })
    await romeo.push.disable('push.example')
    await assert.rejects(romeo.push.enable('@@'), UsageError)
  })

  test('names the service, the node, and what the service wants to be given', async () => {
    const asked: Element[] = []
    await using server = await HostileServer.start({
      startTls: 'absent',
      disco: [PUSH_NS],
      script: {
        receive(iq, connection) {
          const payload = iq.firstElement()
          if (payload?.ns !== PUSH_NS) return
          asked.push(payload)
          connection.reply(iq)
          return true
        },
      },
    })
    await using romeo = await online(server, [push])
    await romeo.push.enable('push.example', { node: 'n1', publishOptions: { secret: 'eruio' } })
    await romeo.push.disable('push.example', { node: 'n1' })
    const enabled = enablePush.parse(asked[0]!)
    assert.ok(enabled !== undefined && 'jid' in enabled)
    assert.deepEqual([enabled.jid.toString(), enabled.node], ['push.example', 'n1'])
    assert.deepEqual(publishOptionsOf(enabled)?.fields.at(-1)?.values, ['eruio'])
    assert.deepEqual([asked[1]!.name, asked[1]!.attr('jid'), asked[1]!.attr('node')], ['disable', 'push.example', 'n1'])
  })

  test('is off when the server says that it was never on', async () => {
    await using server = await HostileServer.start({
      startTls: 'absent',
      disco: [PUSH_NS],
      script: {
        receive(iq, connection) {
          const node = iq.child('disable', PUSH_NS)?.attr('node')
          if (node === undefined) return
          connection.refuse(iq, node === 'gone' ? 'item-not-found' : 'internal-server-error')
          return true
        },
      },
    })
    await using romeo = await online(server, [push])
    await romeo.push.disable('push.example', { node: 'gone' })
    await assert.rejects(romeo.push.disable('push.example', { node: 'broken' }), { condition: 'internal-server-error' })
    await assert.rejects(romeo.push.disable('push.example'), UnsupportedError) // it knows nothing of it
  })

  test('is not asked of a server without it', async () => {
    await using server = await HostileServer.start({
      startTls: 'absent',
      script: {
        receive(iq, connection) {
          if (iq.firstElement()?.ns !== 'http://jabber.org/protocol/disco#info') return
          connection.reply(iq, discoInfo.build({ identities: [], features: [], forms: [] }))
          return true
        },
      },
    })
    await using romeo = await online(server, [push])
    await assert.rejects(romeo.push.enable(parseJid('push.example')!), UnsupportedError)
  })
})
