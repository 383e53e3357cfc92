import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TlsState } from '../../transport.ts'
import { Origins } from './origins.ts'
import { peerOf } from './peer.ts'
import { Proxies } from './proxies.ts'

const proxies = new Proxies(['127.0.0.0/8', '::1', '10.0.0.0/8', '2001:db8:1::/48'])
const tls: TlsState = { version: 'TLSv1.3', channelBindings: [], peerAddresses: [] }

describe('proxies', () => {
  test('are told from others by address and network', () => {
    for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '10.1.2.3', '2001:db8:1::9'])
      assert.equal(proxies.trusts(address), true, address)
    for (const address of ['192.0.2.1', '11.0.0.1', '::2', '2001:db8:2::9', '', 'localhost', 'fe80::1%eth0'])
      assert.equal(proxies.trusts(address), false, address)
  })

  test('lead to the rightmost hop that is none of them; what stands before it may be forged (S107)', () => {
    const cases: [header: string | undefined, address: string][] = [
      [undefined, '127.0.0.1'],
      ['', '127.0.0.1'],
      ['192.0.2.1', '192.0.2.1'],
      ['203.0.113.9, 192.0.2.1', '192.0.2.1'],
      ['203.0.113.9, 192.0.2.1, 10.0.0.5', '192.0.2.1'],
      ['203.0.113.9,nonsense', '127.0.0.1'],
      ['nonsense,10.0.0.5', '10.0.0.5'],
      ['192.0.2.1:4711', '192.0.2.1'],
      ['[2001:db8::7]:4711', '2001:db8::7'],
      ['2001:db8::7', '2001:db8::7'],
      ['[', '127.0.0.1'],
    ]
    for (const [header, address] of cases) assert.equal(proxies.origin('127.0.0.1', header), address, header)
    assert.equal(proxies.origin('203.0.113.5', '192.0.2.1'), '203.0.113.5')
  })
})

describe('a peer', () => {
  const from = (address: string, headers: Record<string, string>, socketTls?: TlsState) =>
    peerOf(address, socketTls, headers, proxies)

  test('on this machine is as good as one under TLS', () => {
    const peer = from('127.0.0.1', {})
    assert.deepEqual([peer.isLocal, peer.tls?.version, peer.tls?.channelBindings], [true, 'local', []])
    assert.equal(from('::1', {}, tls).tls, tls)
  })

  test('from elsewhere is what its socket is', () => {
    assert.deepEqual(from('192.0.2.1', {}), { address: '192.0.2.1', tls: undefined, isLocal: false, isProxied: false })
    assert.equal(from('192.0.2.1', {}, tls).tls, tls)
  })

  test('behind a proxy that we trust is where and what the proxy says', () => {
    const headers = { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https' }
    const peer = from('10.0.0.1', headers)
    assert.deepEqual(
      [peer.address, peer.tls?.version, peer.isLocal, peer.isProxied],
      ['192.0.2.1', 'proxy', false, true],
    )
    assert.equal(from('10.0.0.1', { ...headers, 'x-forwarded-proto': 'http' }).tls, undefined)
    assert.equal(from('10.0.0.1', { ...headers, 'x-forwarded-proto': 'https,http' }).tls, undefined)
    assert.equal(from('10.0.0.1', { 'x-forwarded-for': '192.0.2.1' }).tls, undefined)
    // the channel to the proxy is not the one to the client
    assert.deepEqual(from('10.0.0.1', headers, tls).tls?.channelBindings, [])
  })

  test('that only says so is not believed (S107)', () => {
    const headers = { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https' }
    assert.deepEqual(from('192.0.2.1', headers), {
      address: '192.0.2.1',
      tls: undefined,
      isLocal: false,
      isProxied: false,
    })
    assert.equal(from('192.0.2.1', headers, tls).tls, tls)
    const strict = peerOf('127.0.0.1', undefined, headers, new Proxies([]))
    assert.deepEqual([strict.isLocal, strict.tls], [false, undefined])
  })

  test('behind a proxy on this machine that says nothing useful is not local', () => {
    for (const name of ['forwarded', 'via', 'x-real-ip', 'x-forwarded-for'])
      assert.deepEqual(
        [from('127.0.0.1', { [name]: 'x' }).isLocal, from('127.0.0.1', { [name]: 'x' }).tls],
        [false, undefined],
      )
  })
})

describe('origins (S106)', () => {
  const remote = peerOf('192.0.2.1', tls, {}, proxies)
  const local = peerOf('127.0.0.1', undefined, {}, proxies)
  const origins = new Origins(['a.example', 'bücher.example'], ['https://chat.b.example:8443'])

  test('of our hosts and of the list may connect', () => {
    for (const origin of [
      undefined,
      'https://a.example',
      'https://a.example:444',
      'https://xn--bcher-kva.example',
      'https://chat.b.example:8443',
    ])
      assert.equal(origins.allows(origin, remote), true, origin)
  })

  test('others may not', () => {
    for (const origin of [
      'https://evil.example',
      'http://a.example',
      'https://a.example.evil.example',
      'https://sub.a.example',
      'https://chat.b.example',
      'null',
      '',
      'http://localhost',
      'file://',
    ])
      assert.equal(origins.allows(origin, remote), false, origin)
  })

  test('on localhost may, from this machine', () => {
    for (const origin of ['http://localhost:8080', 'http://127.0.0.1', 'http://[::1]:3000', 'http://app.localhost'])
      assert.equal(origins.allows(origin, local), true, origin)
    assert.equal(origins.allows('https://evil.example', local), false)
  })
})
