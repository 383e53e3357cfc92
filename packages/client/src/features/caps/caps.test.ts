import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { caps as capsElement } from '@rookery/protocol/caps'
import { isBroken } from '@rookery/protocol/codec'
import { DISCO_INFO_NS, discoInfo } from '@rookery/protocol/disco'
import { jid } from '@rookery/protocol/jid'
import * as NS from '@rookery/protocol/namespaces'
import { type Element, el } from '@rookery/protocol/xml'
import { startTestServer } from '@rookery/testkit'
import { HostileServer } from '../../../../../test/client/harness/hostile-server.ts'
import { next, online } from '../../../test/online.ts'
import { within } from '../../../test/waiting.ts'
import {
  type Change,
  caps,
  type DiscoInfo,
  defineExtension,
  disco,
  memoryStore,
  presence,
  version,
} from '../../index.ts'

const juliet = jid('juliet@localhost/balcony')
const nurse = jid('nurse@localhost/kitchen')

/** The verification string of [XEP-0115 5.2]. */
const ver = 'QgayPKawpkPSDYmwT/WM94uAlu0='
const exodus = discoInfo.build({
  identities: [{ category: 'client', type: 'pc', name: 'Exodus 0.9.1' }],
  features: [
    'http://jabber.org/protocol/caps',
    'http://jabber.org/protocol/disco#info',
    'http://jabber.org/protocol/disco#items',
    'http://jabber.org/protocol/muc',
  ],
  forms: [],
})
const seenAs = (from: string, hash = ver): Element =>
  el('presence', NS.client, { from }, [capsElement.build({ hash: 'sha-1', node: 'https://example.org', ver: hash })])

/** A server with contacts who all say the same of themselves. */
async function town(info: Element): Promise<{ server: HostileServer; asked: () => number }> {
  let asked = 0
  const server = await HostileServer.start({
    startTls: 'absent',
    script: {
      receive(iq, connection) {
        if (iq.firstElement()?.ns !== DISCO_INFO_NS || iq.attr('to') === undefined) return
        asked++
        connection.reply(iq, info)
        return true
      },
    },
  })
  return { server, asked: () => asked }
}

describe('capabilities', () => {
  test('what a slow disk has not kept before the client was closed is nobody’s error', async () => {
    const { server } = await town(exodus)
    await using _ = server
    const [asked, disk] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
    const store = () => ({
      read: () => [],
      write: ([change]: readonly Change[]): undefined | Promise<undefined> => {
        if (change?.[0] !== `x/caps/${ver}`) return undefined
        asked.resolve(undefined)
        return disk.promise
      },
      close: () => undefined,
    })
    const romeo = await online(server, [caps, disco, presence], { store })
    const errors: string[] = []
    romeo.on('error', ({ message }) => errors.push(message))
    const seen = next(romeo, 'presence', (one) => one.from!.equals(juliet))
    server.connection.send(seenAs(`${juliet}`))
    await seen
    await romeo.disco.info(juliet)
    await within(asked.promise, 'what is to be kept')
    await romeo.close()
    disk.resolve(undefined)
    await new Promise(setImmediate)
    assert.deepEqual(errors, [])
  })

  test('one answer tells for all who have the hash, and is kept', async () => {
    const { server, asked } = await town(exodus)
    await using _ = server
    const store = memoryStore()
    {
      await using romeo = await online(server, [caps, disco, presence], { store })
      for (const { from } of [{ from: juliet }, { from: nurse }]) {
        const seen = next(romeo, 'presence', (one) => one.from!.equals(from))
        server.connection.send(seenAs(`${from}`))
        await seen
      }
      assert.equal(romeo.disco.known(nurse), undefined)
      assert.ok(await romeo.disco.supports(juliet, 'http://jabber.org/protocol/muc'))
      assert.ok(await romeo.disco.supports(nurse, 'http://jabber.org/protocol/muc'))
      assert.equal(asked(), 1)
    }
    await using again = await online(server, [caps, disco, presence], { store })
    const seen = next(again, 'presence', (one) => one.from!.equals(nurse))
    server.connection.send(seenAs(`${nurse}`))
    await seen
    assert.equal(again.disco.known(nurse)?.identities[0]?.name, 'Exodus 0.9.1')
    assert.equal(asked(), 1)
  })

  test('what we answer is what our hash promises, also when a feature comes later', async () => {
    await using server = await HostileServer.start({ startTls: 'absent' })
    await using romeo = await online(server, [caps, presence])
    const said = async (count: number): Promise<{ node: string; ver: string }> => {
      const sent = await server.until((one) => one.name === 'presence', count)
      const found = capsElement.find(sent)
      assert.ok(found !== undefined && 'ver' in found)
      return found
    }
    const ask = async ({ node, ver: hash }: { node: string; ver: string }, id: string): Promise<DiscoInfo> => {
      const query = el('query', DISCO_INFO_NS, { node: `${node}#${hash}` })
      server.route(el('iq', NS.client, { type: 'get', id, from: 'localhost', to: `${romeo.jid}` }, [query]))
      const answer = await server.until((one) => one.attr('id') === id)
      const info = discoInfo.parse(answer.firstElement()!)
      assert.ok(info !== undefined && !isBroken(info))
      return info
    }
    const first = await said(1)
    romeo.use(version)
    assert.ok(!(await ask(first, 'a')).features.includes('jabber:iq:version'))
    await romeo.caps.refresh()
    const second = await said(2)
    assert.notEqual(second.ver, first.ver)
    assert.ok((await ask(second, 'b')).features.includes('jabber:iq:version'))
  })

  test('an answer that is not what the hash promised tells for nobody else', async () => {
    const { server, asked } = await town(exodus)
    await using _ = server
    await using romeo = await online(server, [caps, disco, presence])
    for (const from of [juliet, nurse]) {
      const seen = next(romeo, 'presence', (one) => one.from!.equals(from))
      server.connection.send(seenAs(`${from}`, 'AAAAAAAAAAAAAAAAAAAAAAAAAAA='))
      await seen
    }
    await romeo.disco.info(juliet)
    await romeo.disco.info(nurse)
    assert.equal(asked(), 2)
    // with another hash it is another that is asked
    const changed = next(romeo, 'presence', (one) => one.from!.equals(juliet))
    server.connection.send(seenAs(`${juliet}`, 'BAAAAAAAAAAAAAAAAAAAAAAAAAA='))
    await changed
    assert.equal(romeo.disco.known(juliet), undefined)
  })

  test('our own hash is in presence, holds, and changes with what we can do', async () => {
    await using server = await startTestServer()
    const later = defineExtension({
      name: 'later',
      start: (core) => ({
        add: (feature: string) => {
          core.supported.add(feature)
          return core.use(caps).refresh()
        },
      }),
    })
    await using romeo = await online(server, [caps, disco, presence])
    await using juliet = await online(server, [caps, disco, presence, later])
    const seen = next(romeo, 'presence:changed', (one) => one.jid.equals(juliet.jid!))
    juliet.presence.showTo(romeo.jid!)
    const said = (await seen).payload(capsElement)!
    const info = await romeo.disco.info(juliet.jid!, { node: `${said.node}#${said.ver}` })
    assert.deepEqual(info.features, juliet.disco.own.features)
    const changed = next(juliet, 'presence', (one) => one.from!.equals(juliet.jid!))
    await juliet.later.add('urn:example:new')
    const now = capsElement.find((await changed).element)
    assert.ok(now !== undefined && 'ver' in now && now.ver !== said.ver)
    await juliet.later.add('urn:example:new')
    assert.ok(juliet.disco.own.features.includes('urn:example:new'))
  })
})
