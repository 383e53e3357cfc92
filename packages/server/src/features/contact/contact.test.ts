import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CodecError } from '@rookery/protocol/codec'
import { DISCO_INFO_NS } from '@rookery/protocol/disco'
import { contactAddresses } from '@rookery/protocol/xeps/contact-addresses'
import { ConfigError } from '@rookery/server'
import { memoryServer } from '../../../test/memory-server.ts'

const ask = `<iq type='get' id='q' to='localhost'><query xmlns='${DISCO_INFO_NS}'/></iq>`

test('lists the addresses that are configured', async () => {
  const abuse = ['mailto:abuse@localhost', 'xmpp:abuse@localhost']
  await using server = await memoryServer({ features: { contact: { abuse, status: ['https://status.localhost/'] } } })
  const romeo = await server.login('romeo')
  const x = (await romeo.ask(ask)).child('query', DISCO_INFO_NS)?.child('x', 'jabber:x:data')
  assert.ok(x !== undefined)
  const read = contactAddresses.read(x)
  assert.ok(read !== undefined && !(read instanceof CodecError))
  assert.deepEqual(read.values, { abuse, status: ['https://status.localhost/'] })
})

test('lists nothing when nothing is configured', async () => {
  await using server = await memoryServer()
  const romeo = await server.login('romeo')
  assert.equal((await romeo.ask(ask)).child('query', DISCO_INFO_NS)?.child('x', 'jabber:x:data'), undefined)
})

test('refuses what is not a URI', async () => {
  // a < would make capabilities that nobody can tell from others [XEP-0115 5.1]
  for (const uri of ['admin at localhost', 'https://localhost/?<', 'mailto:<admin@localhost>'])
    await assert.rejects(memoryServer({ features: { contact: { admin: [uri] } } }), ConfigError, uri)
})
