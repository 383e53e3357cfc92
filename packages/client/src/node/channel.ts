/** What a login makes of a TLS connection, as its client sees it; what it can bind to (RFC 9266, RFC 5929). */
import { createHash } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { type ChannelBinding, SaslChannel } from '@rookery/protocol/sasl'
import type { TlsOptions } from '../contract/platform.ts'

/** Asked once for a connection: Node gives the certificate to its first caller only (seen in 24.21). Data are made when a login asks for them. */
export function channelOf(
  socket: TLSSocket,
  { cert }: TlsOptions,
  { isOftenProxied = false }: { readonly isOftenProxied?: boolean } = {},
): SaslChannel {
  // never tls-unique with 1.3, nor tls-exporter before it [RFC9266 4, S37]
  const bindings = socket.getProtocol() === 'TLSv1.3' ? exporter(socket) : unique(socket)
  const raw = socket.getPeerX509Certificate()?.raw
  const hash = raw === undefined ? undefined : signatureHash(raw)
  if (raw !== undefined && hash !== undefined)
    bindings.push({
      type: 'tls-server-end-point',
      get data() {
        return createHash(hash).update(raw).digest()
      },
    })
  const tlsVersion = socket.getProtocol() ?? undefined
  return new SaslChannel({ bindings, tlsVersion, hasCertificate: cert !== undefined, isOftenProxied })
}

/** None in Deno, whose sockets export nothing (seen in 2.9). */
function exporter(socket: TLSSocket): ChannelBinding[] {
  if (typeof socket.exportKeyingMaterial !== 'function') return []
  return [
    {
      type: 'tls-exporter',
      get data() {
        // always with an explicit empty context [RFC9266 3, RFC8446 7.5]
        return socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
      },
    },
  ]
}

/** [RFC5246 7.4.9] verify_data_length: what is longer is no Finished message. Deno makes something up (seen in 2.9). */
const finishedLength = 12

function unique(socket: TLSSocket): ChannelBinding[] {
  // the first Finished message is ours, unless the session was resumed [RFC5929 3.1]
  const data = socket.isSessionReused() ? socket.getPeerFinished() : socket.getFinished()
  return data?.length === finishedLength ? [{ type: 'tls-unique', data }] : []
}

/** Object identifiers of signatures, in hexadecimal, and the hash to take. [RFC5929 4.1]: SHA-256 instead of MD5 and SHA-1 */
const signatureHashes: ReadonlyMap<string, string> = new Map([
  ['2a864886f70d010104', 'sha256'],
  ['2a864886f70d010105', 'sha256'],
  ['2a864886f70d01010b', 'sha256'],
  ['2a864886f70d01010c', 'sha384'],
  ['2a864886f70d01010d', 'sha512'],
  ['2a8648ce3d0401', 'sha256'],
  ['2a8648ce3d040302', 'sha256'],
  ['2a8648ce3d040303', 'sha384'],
  ['2a8648ce3d040304', 'sha512'],
])

/** Read from the certificate itself: Node tells it from version 24 only. None for Ed25519 and RSA-PSS, which have no hash or several. */
function signatureHash(certificate: Buffer): string | undefined {
  // Certificate ::= SEQUENCE { tbsCertificate SEQUENCE, signatureAlgorithm SEQUENCE { algorithm OBJECT IDENTIFIER, … }, … } [RFC5280 4.1]
  const outer = content(certificate, 0)
  const algorithm = content(certificate, content(certificate, outer.start).end)
  const name = content(certificate, algorithm.start)
  return signatureHashes.get(certificate.toString('hex', name.start, name.end))
}

/** Where the content of the DER value at `at` is. OpenSSL has read the certificate before, so it is well formed. */
function content(der: Buffer, at: number): { start: number; end: number } {
  const first = der[at + 1] ?? 0
  const size = first < 0x80 ? 0 : first & 0x7f
  const length = size === 0 ? first : der.readUIntBE(at + 2, size)
  const start = at + 2 + size
  return { start, end: start + length }
}
