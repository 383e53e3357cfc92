/** Each of the three servers has what the suite needs: its transports, its certificate, accounts that survive, and the services beside it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NS } from '@rookery/protocol'
import { WebSocket } from 'ws'
import { CuttingProxy } from './cutting-proxy.ts'
import { HandClient } from './hand-client.ts'
import type { Target } from './target.ts'
import { chosenTargets, startTarget } from './targets.ts'
import { makeTrust } from './trust.ts'

const online = async (target: Target): Promise<HandClient> => {
  const client = await HandClient.tls(target.ports.tls, { ca: target.ca })
  await client.open()
  assert.equal(await client.login('SCRAM-SHA-1-PLUS'), undefined)
  await client.bind()
  return client
}

/** The last one asked, whatever came before. */
const ask = async (client: HandClient, to: string, query: string, id: string): Promise<string[]> => {
  client.send(`<iq type='get' id='${id}' to='${to}'><query xmlns='http://jabber.org/protocol/disco#${query}'/></iq>`)
  for (let next = await client.next(); next !== undefined; next = await client.next()) {
    if (next.attr('id') !== id) continue
    return (
      next
        .firstElement()
        ?.childElements()
        .map((one) => one.attr('var') ?? one.attr('jid') ?? '') ?? []
    )
  }
  throw new Error('the connection ended')
}

const openedBy = (url: string, ca: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'xmpp', { ca })
    socket.on('open', () =>
      socket.send(`<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>`),
    )
    socket.on('message', (data) => {
      socket.close()
      resolve(String(data).startsWith('<open'))
    })
    socket.on('error', reject)
  })

for (const name of chosenTargets((missing, why) => test(missing, (context) => context.skip(why)))) {
  test(`${name} has TLS, WebSocket, accounts, and what stands beside them`, { timeout: 300_000 }, async () => {
    const trust = makeTrust()
    await using target = await startTarget(name, { trust })
    const account = await target.createAccount('romeo', 'secret')
    assert.equal(account.jid, 'romeo@localhost')
    assert.equal(await openedBy(target.service.ws, target.ca), true)
    assert.equal(await openedBy(target.service.wss, target.ca), true)

    const client = await online(target)
    assert.notEqual(client.features?.child('sm', 'urn:xmpp:sm:3'), undefined)
    const known = new Set([
      ...(await ask(client, 'localhost', 'info', 'a')),
      ...(await ask(client, account.jid, 'info', 'b')),
    ])
    for (const feature of ['urn:xmpp:mam:2', 'urn:xmpp:carbons:2', 'urn:xmpp:blocking', 'vcard-temp'])
      assert.equal(known.has(feature), true, `${feature} in ${[...known]}`)
    if (name !== 'rookery') {
      const items = await ask(client, 'localhost', 'items', 'c')
      for (const item of ['conference.localhost', 'upload.localhost', 'pubsub.localhost'])
        assert.equal(items.includes(item), true, `${item} in ${items}`)
      assert.equal((await ask(client, 'upload.localhost', 'info', 'd')).includes('urn:xmpp:http:upload:0'), true)
    }

    // through a proxy that ends TLS: what a fault suite does
    await using proxy = await CuttingProxy.to(target.ports.tcp, { certificate: trust.issue('localhost') })
    const behind = await HandClient.tls(proxy.port, { ca: trust.ca })
    await behind.open()
    // ejabberd refuses SCRAM of whoever could bind it to TLS where it has none
    assert.equal(await behind.login(name === 'ejabberd' ? 'PLAIN' : 'SCRAM-SHA-1'), undefined)
    assert.equal(await behind.bind('two'), 'romeo@localhost/two')
    assert.equal(proxy.link.counts.toServer.stanzas, 1)

    await target.kill()
    await client.closed()
    await target.start()
    await target.restart()
    const again = await online(target)
    again.send(`<iq type='get' id='r'><query xmlns='${NS.roster}'/></iq>`)
    assert.equal((await again.next())?.attr('type'), 'result')
  })
}
