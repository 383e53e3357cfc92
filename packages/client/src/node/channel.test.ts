import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { makeCertificate } from '../../../server/test/certificates.ts'
import { channelOf } from './channel.ts'

const certificate = new X509Certificate(makeCertificate({ name: 'example.org' }).certificate)

/** Not Node's: that of another runtime, which has not all of it. test/package/runtimes.test.ts has the real ones. */
const typesOf = (socket: Partial<TLSSocket>): string[] =>
  channelOf(
    { getPeerX509Certificate: () => certificate, isSessionReused: () => false, ...socket } as TLSSocket,
    {},
  ).bindings.map(({ type }) => type)

test('TLS 1.3 that exports no keys has the certificate alone to bind to', () => {
  assert.deepEqual(typesOf({ getProtocol: () => 'TLSv1.3' }), ['tls-server-end-point'])
})

test('what cannot be the Finished message of TLS 1.2 is nothing to bind to', () => {
  const finished = (length: number | undefined): Partial<TLSSocket> => ({
    getProtocol: () => 'TLSv1.2',
    getFinished: () => (length === undefined ? undefined : Buffer.alloc(length)),
  })
  assert.deepEqual(typesOf(finished(32)), ['tls-server-end-point'])
  assert.deepEqual(typesOf(finished(undefined)), ['tls-server-end-point'])
  assert.deepEqual(typesOf(finished(12)), ['tls-unique', 'tls-server-end-point'])
})
