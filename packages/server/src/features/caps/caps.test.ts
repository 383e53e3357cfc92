import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { CAPS_NS, capsHold } from '@rookery/protocol/caps'
import { isBroken } from '@rookery/protocol/codec'
import { DISCO_INFO_NS, discoInfo } from '@rookery/protocol/disco'
import { conditionOf, memoryServer } from '../../../test/memory-server.ts'

test('announces a hash that its own answer to disco#info fits', async () => {
  await using server = await memoryServer({
    features: { caps: { node: 'https://example.org/server' }, contact: { abuse: ['mailto:abuse@example.org'] } },
  })
  const before = await server.connect().open()
  const romeo = await server.login('romeo')
  const c = romeo.features?.child('c', CAPS_NS)
  assert.equal(c?.attr('hash'), 'sha-1')
  assert.equal(c?.attr('node'), 'https://example.org/server')
  assert.equal(before.child('c', CAPS_NS)?.attr('ver'), c?.attr('ver'))
  const node = `${c?.attr('node')}#${c?.attr('ver')}`
  const ask = (name: string): string =>
    `<iq type='get' id='q' to='localhost'><query xmlns='${DISCO_INFO_NS}' node='${name}'/></iq>`
  const query = (await romeo.ask(ask(node))).child('query', DISCO_INFO_NS)
  assert.ok(query !== undefined)
  assert.equal(query.attr('node'), node)
  const info = discoInfo.parse(query)
  assert.ok(info !== undefined && !isBroken(info))
  assert.equal(
    capsHold(c?.attr('ver') ?? '', info, (data) => createHash('sha1').update(data).digest()),
    true,
  )
  assert.equal(conditionOf(await romeo.ask(ask(`${c?.attr('node')}#other`))), 'item-not-found')
})

test('offers nothing beside STARTTLS where that is required', async () => {
  await using server = await memoryServer({ tls: { required: true }, auth: { plainWithoutTls: false } })
  const features = await server.connect().open()
  assert.equal(features.child('c', CAPS_NS), undefined)
})
