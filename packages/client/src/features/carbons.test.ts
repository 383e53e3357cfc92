import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseJid } from '@rookery/protocol/jid'
import { presence } from '@rookery/protocol/stanza'
import { CARBONS_NS, received, sent } from '@rookery/protocol/xeps/carbons'
import { type Element, el } from '@rookery/protocol/xml'
import { startTestServer } from '@rookery/testkit'
import { HostileServer } from '../../../../test/client/harness/hostile-server.ts'
import { next, online } from '../../test/online.ts'
import { reaches } from '../../test/waiting.ts'
import { carbons, memoryStore, type ReceivedMessage } from '../index.ts'

const NS = 'jabber:client'
const chat = (attributes: Record<string, string>, body: string): Element =>
  el('message', NS, { type: 'chat', ...attributes }, [el('body', NS, {}, body)])
const delayed = { stamp: Date.UTC(2020, 1, 2, 3, 4, 5) }

describe('copies', () => {
  test('what another device sends and receives comes as well, and says so', async () => {
    await using server = await startTestServer()
    const account = await server.createAccount({ local: 'romeo' })
    await using juliet = await online(server, [], { local: 'juliet' })
    juliet.send(presence(undefined, undefined, 'available'))
    await using desk = await online(server, [carbons], { ...account })
    await using phone = await online(server, [carbons], { ...account })
    desk.send(presence(undefined, undefined, 'available'))
    assert.equal(desk.carbons.isOn, true)

    const outward = next(phone, 'message')
    const arrived = next(juliet, 'message')
    desk.messages.post('juliet@localhost', [el('body', NS, {}, 'Art thou there?')])
    const copy = await outward
    assert.equal(copy.way.carbon, 'sent')
    assert.equal(copy.isOwn, true)
    assert.equal(`${copy.from}`, `${desk.jid}`)
    assert.equal(`${copy.to}`, 'juliet@localhost')
    assert.equal(copy.body, 'Art thou there?')
    assert.equal((await arrived).way.carbon, undefined)

    const inward = next(phone, 'message')
    juliet.messages.post(desk.jid!, [el('body', NS, {}, 'Ay.')])
    assert.equal((await inward).way.carbon, 'received')
    assert.equal((await inward).isOwn, false)
  })

  test('without them, and after they were turned off, only one device gets a message', async () => {
    await using server = await startTestServer()
    const account = await server.createAccount({ local: 'romeo' })
    await using juliet = await online(server, [], { local: 'juliet' })
    await using desk = await online(server, [], { ...account })
    await using phone = await online(server, [carbons], { ...account })
    const bodies: (string | undefined)[] = []
    phone.on('message', (message) => bodies.push(message.body))
    await phone.carbons.disable()
    assert.equal(phone.carbons.isOn, false)
    const send = async (body: string): Promise<void> => {
      const arrived = next(desk, 'message', (message) => message.body === body)
      juliet.messages.post(desk.jid!, [el('body', NS, {}, body)])
      await arrived
    }
    await send('for the desk')
    const copied = next(phone, 'message')
    await phone.carbons.enable()
    await send('for both')
    await copied
    assert.deepEqual(bodies, ['for both'])
  })

  test('a server that asks for nothing with the binding is asked by a request', async () => {
    await using server = await HostileServer.start({
      startTls: 'absent',
      script: {
        receive(element, connection) {
          if (element.firstElement()?.is('enable', CARBONS_NS) !== true) return
          connection.reply(element)
          return true
        },
      },
    })
    await using romeo = await online(server, [carbons])
    assert.equal(romeo.carbons.isOn, true)
  })

  test('a program that goes on with a session of before, of which it knows nothing, asks for them', async () => {
    await using server = await HostileServer.start({
      startTls: 'absent',
      script: {
        receive(element, connection) {
          if (element.firstElement()?.is('enable', CARBONS_NS) !== true) return
          connection.reply(element)
          return true
        },
      },
    })
    const store = memoryStore()
    const before = await online(server, [], { store, reconnect: false })
    const { id } = server.connection.session!
    server.connection.break()
    await reaches(before, 'failed')
    await before.close()
    await using after = await online(server, [carbons], { store })
    assert.equal(server.connection.session!.id, id)
    assert.equal(after.carbons.isOn, true)
  })

  test('a server without them is no error', async () => {
    await using server = await HostileServer.start({
      startTls: 'absent',
      script: {
        receive(element, connection) {
          if (element.firstElement()?.is('enable', CARBONS_NS) !== true) return
          connection.refuse(element, 'service-unavailable')
          return true
        },
      },
    })
    await using romeo = await online(server, [carbons])
    assert.equal(romeo.carbons.isOn, false)
    await assert.rejects(romeo.carbons.enable(), { kind: 'unsupported' })
  })
})

describe('forged copies', () => {
  const own = 'romeo@localhost'
  const inner = chat({ from: 'juliet@localhost/balcony', to: 'romeo@localhost/desk', id: 'i' }, 'Come at midnight')
  const wrapped = (from: string | undefined, copy: Element): Element =>
    el('message', NS, { from, to: 'romeo@localhost/client-1', type: 'chat' }, [copy])
  const copyOf = (stanza: Element): Element => received.build({ forwarded: { stanza, delay: delayed } })

  /** What the application sees of these, in order. */
  async function seen(...elements: Element[]): Promise<ReceivedMessage[]> {
    await using server = await HostileServer.start({ startTls: 'absent' })
    await using romeo = await online(server, [carbons])
    const messages: ReceivedMessage[] = []
    romeo.on('message', (message) => messages.push(message))
    const last = next(romeo, 'message', (message) => message.body === 'the last')
    for (const element of [...elements, chat({ from: 'juliet@localhost/x' }, 'the last')])
      server.connections[0]!.send(element)
    await last
    return messages.slice(0, -1)
  }

  test('only the own account is believed, and its time', async () => {
    const [good, ...more] = await seen(wrapped(own, copyOf(inner)))
    assert.deepEqual(more, [])
    assert.equal(good?.body, 'Come at midnight')
    assert.equal(`${good?.from}`, 'juliet@localhost/balcony')
    assert.equal(good?.at, delayed.stamp)
    assert.equal(parseJid(own)?.equals(good!.to.bare), true)
    assert.equal((await seen(wrapped(undefined, copyOf(inner))))[0]?.way.carbon, 'received')
  })

  test('from others nothing of a copy is read', async () => {
    for (const from of ['mallory@evil.example/x', 'mallory@evil.example', 'localhost', 'romeo@localhost/evil']) {
      const messages = await seen(wrapped(from, copyOf(inner)))
      assert.deepEqual(
        messages.map((message) => [`${message.from}`, message.body, message.way.carbon]),
        [[from, undefined, undefined]],
        from,
      )
    }
  })

  test('a copy of what the account neither sent nor received is dropped, and so are copies in copies', async () => {
    const foreign = chat({ from: 'juliet@localhost/balcony', to: 'paris@localhost', id: 'i' }, 'Not for thee')
    const room = chat({ from: 'hall@rooms.localhost/juliet', to: own, type: 'groupchat' }, 'To all')
    const messages = await seen(
      wrapped(own, copyOf(foreign)),
      wrapped(own, sent.build({ forwarded: { stanza: inner } })),
      wrapped(own, copyOf(room)),
      wrapped(own, copyOf(chat({ to: own }, 'from nobody'))),
      wrapped(own, copyOf(el('presence', NS, { from: 'juliet@localhost/balcony', to: own }))),
      wrapped(own, el('received', CARBONS_NS)),
    )
    assert.deepEqual(messages, [])
    const [outer, ...more] = await seen(
      wrapped(
        own,
        copyOf(el('message', NS, { from: 'mallory@evil.example/x', to: own, type: 'chat' }, [copyOf(inner)])),
      ),
    )
    assert.equal(`${outer?.from}`, 'mallory@evil.example/x')
    assert.equal(outer?.body, undefined)
    assert.deepEqual(more, [])
  })
})
