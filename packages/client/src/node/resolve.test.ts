import assert from 'node:assert/strict'
import { Resolver } from 'node:dns/promises'
import { describe, test } from 'node:test'
import { DnsServer, type Known, type Srv } from '../../test/dns-server.ts'
import { ConnectError } from '../contract/errors.ts'
import { resolveService } from './resolve.ts'

const never = new AbortController().signal

interface Zone {
  readonly direct?: Known
  readonly later?: Known
}

async function resolve(zone: Zone, random = () => 0): Promise<readonly string[]> {
  await using server = await DnsServer.start({
    '_xmpps-client._tcp.example.org': zone.direct ?? [],
    '_xmpp-client._tcp.example.org': zone.later ?? [],
  })
  return await resolveService('example.org', resolverOf(server), never, random) // before the server is closed
}

function resolverOf(server: DnsServer): Resolver {
  const resolver = new Resolver({ timeout: 100, tries: 1 })
  resolver.setServers([server.address])
  return resolver
}

const failed = async (zone: Zone): Promise<ConnectError> => {
  const error = await resolve(zone).then(String, (reason: unknown) => reason)
  assert.ok(error instanceof ConnectError, String(error))
  return error
}

const srv = (target: string, priority = 0, weight = 0, port = 5222): Srv => ({ target, priority, weight, port })
const no = [srv('.', 0, 0, 0)]

describe('the records of both services', () => {
  test('are one pool, in the order of priorities', async () => {
    const urls = await resolve({
      direct: [srv('b.example.org', 20, 0, 5223), srv('c.example.org', 40, 0, 443)],
      later: [srv('d.example.org', 30), srv('a.example.org', 10)],
    })
    assert.deepEqual(urls, [
      'xmpp://a.example.org:5222',
      'xmpps://b.example.org:5223',
      'xmpp://d.example.org:5222',
      'xmpps://c.example.org:443',
    ])
  })

  test('of one priority are drawn by weight', async () => {
    const later = [srv('heavy.example.org', 5, 90), srv('light.example.org', 5, 10)]
    assert.match((await resolve({ later }, () => 0.5))[0]!, /heavy/)
    assert.match((await resolve({ later }, () => 0.05))[0]!, /light/)
    let heavy = 0
    for (let i = 0; i < 100; i++) if ((await resolve({ later }, () => i / 100))[0]!.includes('heavy')) heavy++
    assert.ok(heavy >= 88 && heavy <= 92, String(heavy))
  })

  test('without weights begin with TLS from the first byte', async () => {
    const urls = await resolve({ later: [srv('a.example.org')], direct: [srv('a.example.org', 0, 0, 5223)] })
    assert.deepEqual(urls, ['xmpps://a.example.org:5223', 'xmpp://a.example.org:5222'])
  })

  test('that name no host are left out', async () => {
    const later = [
      srv('a b.example.org'),
      srv('x@evil.example'),
      srv('a/b'),
      srv('zero.example.org', 0, 0, 0),
      srv('good.example.org'),
    ]
    assert.deepEqual(await resolve({ later }), ['xmpp://good.example.org:5222'])
  })

  test('of one service do without the other', async () => {
    for (const other of ['nxdomain', 'servfail', no, []] as const) {
      assert.deepEqual(await resolve({ direct: other, later: [srv('a.example.org')] }), ['xmpp://a.example.org:5222'])
      assert.deepEqual(await resolve({ later: other, direct: [srv('a.example.org')] }), ['xmpps://a.example.org:5222'])
    }
  })
})

describe('without records', () => {
  for (const [what, zone] of [
    ['the names do not exist', { direct: 'nxdomain', later: 'nxdomain' }],
    ['the names have others', {}],
    ['TLS from the first byte is denied', { direct: no }],
  ] as const)
    test(`the domain itself is tried: ${what}`, async () => {
      assert.deepEqual(await resolve(zone), ['xmpp://example.org:5222'])
    })

  test('a domain that denies the service is believed', async () => {
    for (const direct of [no, []]) assert.equal((await failed({ direct, later: no })).reason, 'unknown-host')
  })

  test('a name server that fails or is silent is no answer', async () => {
    assert.match((await failed({ direct: 'servfail', later: 'servfail' })).message, /ESERVFAIL/)
    assert.match((await failed({ direct: 'nxdomain', later: 'silence' })).message, /ETIMEOUT/)
    assert.equal((await failed({ direct: 'nxdomain', later: 'silence' })).reason, 'unreachable')
  })
})

test('asks for a domain in its ASCII form', async () => {
  await using server = await DnsServer.start({})
  await resolveService('münchen.example', resolverOf(server), never)
  assert.deepEqual(server.asked.sort(), [
    '_xmpp-client._tcp.xn--mnchen-3ya.example',
    '_xmpps-client._tcp.xn--mnchen-3ya.example',
  ])
})

test('asks nobody for addresses and for this machine', async () => {
  await using server = await DnsServer.start({})
  const resolver = resolverOf(server)
  const resolved = async (domain: string) => (await resolveService(domain, resolver, never))[0]
  assert.equal(await resolved('127.0.0.1'), 'xmpp://127.0.0.1:5222')
  assert.equal(await resolved('[::1]'), 'xmpp://[::1]:5222')
  assert.equal(await resolved('localhost'), 'xmpp://localhost:5222')
  assert.equal(await resolved('chat.localhost'), 'xmpp://chat.localhost:5222')
  assert.deepEqual(server.asked, [])
})

test('ends with the signal', async () => {
  await using server = await DnsServer.start({
    '_xmpps-client._tcp.example.org': 'silence',
    '_xmpp-client._tcp.example.org': 'silence',
  })
  const resolver = new Resolver({ timeout: 60_000, tries: 1 })
  resolver.setServers([server.address])
  const abort = new AbortController()
  const resolving = resolveService('example.org', resolver, abort.signal)
  await server.questions(2)
  const reason = new Error('the user has left')
  abort.abort(reason)
  await assert.rejects(resolving, reason)
})
