/** What TLS gives a stream: its version, the channel bindings that are valid for it, the addresses of a client certificate. */
import { createHash, type X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { ChannelBinding } from '@rookery/protocol/sasl'
import type { TlsState } from '../transport.ts'
import type { TlsSetup } from './certificates.ts'
import { xmppAddresses } from './xmpp-addresses.ts'

/** Data of bindings are computed when a login uses them: most do not. */
export class SocketTlsState implements TlsState {
  readonly #socket: TLSSocket
  readonly #setup: TlsSetup
  readonly version: string

  constructor(socket: TLSSocket, setup: TlsSetup) {
    this.#socket = socket
    this.#setup = setup
    this.version = socket.getProtocol() ?? 'unknown'
  }

  get channelBindings(): readonly ChannelBinding[] {
    const socket = this.#socket
    const bindings: ChannelBinding[] = [this.version === 'TLSv1.3' ? new Exporter(socket) : new Unique(socket)]
    const endPoint = this.#setup.endPoint(socket.servername)
    if (endPoint !== undefined) bindings.push({ type: 'tls-server-end-point', data: endPoint })
    return bindings
  }

  get peerAddresses(): readonly string[] {
    return verifyError(this.#socket) === undefined ? xmppAddresses(this.#socket.getPeerX509Certificate()?.raw) : []
  }
}

/**
 * Why the certificate of the client is not to be trusted, or that there is none; undefined when it is good. Node sets
 * `authorized` only on sockets that its own TLS server has accepted, so this asks what it asks there.
 */
export function verifyError(socket: TLSSocket): string | undefined {
  const handle = (socket as unknown as { _handle: { verifyError?(): NodeJS.ErrnoException | null } | null })._handle
  if (handle?.verifyError === undefined || socket.getPeerX509Certificate() === undefined) return 'no certificate'
  const error = handle.verifyError()
  return error ? (error.code ?? error.message) : undefined
}

/** TLS 1.3. [RFC9266] */
class Exporter implements ChannelBinding {
  readonly type = 'tls-exporter'
  readonly #socket: TLSSocket

  constructor(socket: TLSSocket) {
    this.#socket = socket
  }

  get data(): Uint8Array {
    // always with an explicit empty context [RFC9266 3, RFC8446 7.5]
    return this.#socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
  }
}

/** TLS 1.2; it must never be used with 1.3. [RFC5929 3, S37] */
class Unique implements ChannelBinding {
  readonly type = 'tls-unique'
  readonly #socket: TLSSocket

  constructor(socket: TLSSocket) {
    this.#socket = socket
  }

  get data(): Uint8Array {
    // the first Finished message is the client's, unless the session was resumed; then it is ours [RFC5929 3.1]
    const first = this.#socket.isSessionReused() ? this.#socket.getFinished() : this.#socket.getPeerFinished()
    if (first === undefined) throw new Error('TLS gives no Finished message to bind to')
    return first
  }
}

/** The hash of the certificate by the hash of its signature. [RFC5929 4.1] */
export function endPointHash(certificate: X509Certificate): Buffer | undefined {
  const hash = signatureHash((certificate.signatureAlgorithm ?? '').toLowerCase())
  return hash === undefined ? undefined : createHash(hash).update(certificate.raw).digest()
}

/** MD5 and SHA-1 are replaced by SHA-256. Ed25519 has no hash, RSA-PSS does not name its own: there is no binding for them. [S37] */
function signatureHash(signature: string): string | undefined {
  const name = /sha3-\d{3}|sha\d{1,3}|md5/.exec(signature)?.[0]
  return name === 'md5' || name === 'sha1' ? 'sha256' : name
}
