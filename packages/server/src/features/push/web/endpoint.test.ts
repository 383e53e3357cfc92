import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPublicAddress } from './addresses.ts'
import { endpointOf } from './endpoint.ts'

test('addresses of inner networks, of examples and of many at once are not public (S104)', () => {
  for (const address of [
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '203.0.113.7',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::10.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::8.8.8.8',
    '2001:db8::1',
    '2002:7f00:1::',
    'fc00::1',
    'fd12::1',
    'fe80::1',
    'ff02::1',
    '',
    'localhost',
    '1.2.3',
  ])
    assert.equal(isPublicAddress(address), false, address)
  for (const address of [
    '8.8.8.8',
    '172.15.0.1',
    '172.32.0.1',
    '100.128.0.1',
    '64:ff9b::8.8.8.8',
    '2606:4700::1111',
    '2a00:1450:4001::1',
  ])
    assert.equal(isPublicAddress(address), true, address)
})

test('an endpoint is a public https address', () => {
  for (const text of [
    'https://push.browser.example/send/1',
    'https://fcm.googleapis.com/fcm/send/x:y',
    'https://8.8.8.8/x',
    'https://[2606:4700::1111]:8443/x',
  ])
    assert.equal(endpointOf(text, [])?.href, text)
  for (const text of [
    '',
    'x',
    'push.browser.example/send',
    'http://push.browser.example/send/1',
    'ftp://push.browser.example/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://user@push.browser.example/',
    'https://:x@push.browser.example/',
    'https://localhost/x',
    'https://localhost./x',
    'https://intranet/x',
    'https://printer.local/x',
    'https://app.localhost/x',
    'https://metadata.google.internal/x',
    'https://127.0.0.1/x',
    'https://127.1/x',
    'https://0x7f000001/x',
    'https://2130706433/x',
    'https://0177.0.0.1/x',
    'https://[::1]/x',
    'https://[::ffff:169.254.169.254]/x',
    'https://10.0.0.1:8443/x',
    `https://push.browser.example/${'x'.repeat(2048)}`,
  ])
    assert.equal(endpointOf(text, []), undefined, text)
})

test('what the operator allows is allowed, at that origin alone', () => {
  const allowed = ['http://127.0.0.1:8080']
  assert.ok(endpointOf('http://127.0.0.1:8080/send/1', allowed))
  for (const text of ['http://127.0.0.1:8081/send/1', 'https://127.0.0.1:8080/', 'http://127.0.0.1:8080@10.0.0.1/'])
    assert.equal(endpointOf(text, allowed), undefined)
})
