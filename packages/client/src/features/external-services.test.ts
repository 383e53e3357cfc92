import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  EXTERNAL_SERVICES_NS,
  externalCredentials,
  externalServices as servicesElement,
} from '@rookery/protocol/xeps/external-services'
import { type Element, el } from '@rookery/protocol/xml'
import { startTestServer } from '@rookery/testkit'
import { HostileServer } from '../../../../test/client/harness/hostile-server.ts'
import { next, online } from '../../test/online.ts'
import { externalServices, UnsupportedError } from '../index.ts'

const stun = { host: 'stun.localhost', type: 'stun', port: 3478, transport: 'udp' }
const turn = { host: 'turn.localhost', type: 'turn', port: 3479, restricted: true }
const login = { ...turn, username: 'romeo', password: 'montague', expires: 2_000_000_000_000 }

async function withServices(answers: Element[] = []): Promise<HostileServer> {
  return await HostileServer.start({
    startTls: 'absent',
    disco: [EXTERNAL_SERVICES_NS],
    script: {
      receive(iq, connection) {
        const payload = iq.firstElement()
        if (iq.attr('type') === 'result' || iq.attr('type') === 'error') answers.push(iq)
        if (payload?.ns !== EXTERNAL_SERVICES_NS || iq.attr('type') !== 'get') return
        const type = payload.attr('type')
        const listed = [stun, turn].filter((one) => type === undefined || one.type === type)
        const isList = payload.name === 'services'
        connection.reply(
          iq,
          isList ? servicesElement.build({ type, services: listed }) : externalCredentials.build({ services: [login] }),
        )
        return true
      },
    },
  })
}

describe('external services', () => {
  test('are listed, and give what it takes to log in', async () => {
    await using server = await withServices()
    await using romeo = await online(server, [externalServices])
    assert.deepEqual(await romeo.externalServices.list(), [stun, turn])
    assert.deepEqual(await romeo.externalServices.list('turn'), [turn])
    assert.deepEqual(await romeo.externalServices.credentials(turn), [login])
  })

  test('tell of changes, if they were asked for; nobody else does', async () => {
    const answers: Element[] = []
    await using server = await withServices(answers)
    await using romeo = await online(server, [externalServices])
    const told: unknown[] = []
    romeo.on('externalServices', (change) => void told.push(change))
    const [session] = server.sessions.values()
    const change = servicesElement.build({ services: [{ ...stun, action: 'delete' }] })
    const send = (id: string, from: string): void =>
      session!.send(el('iq', 'jabber:client', { type: 'set', id, from, to: session!.jid }, [change]))

    send('early', 'localhost')
    await romeo.externalServices.list()
    send('forged', 'mallory@evil.example')
    const changed = next(romeo, 'externalServices')
    send('true', 'localhost')
    const { from, services } = await changed
    assert.deepEqual([from.toString(), services], ['localhost', [{ ...stun, action: 'delete' }]])
    assert.equal(told.length, 1)
    await romeo.request('get', el('ping', 'urn:xmpp:ping'))
    const types = Object.fromEntries(answers.map((iq) => [iq.attr('id'), iq.attr('type')]))
    assert.deepEqual(types, { early: 'error', forged: 'error', true: 'result' })
  })

  test('are not asked of a server without them', async () => {
    await using server = await startTestServer()
    await using romeo = await online(server, [externalServices])
    await assert.rejects(romeo.externalServices.list(), UnsupportedError)
  })
})
