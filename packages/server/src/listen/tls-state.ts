/** What TLS gives a stream: its version, the channel bindings that are valid for it, the addresses of a client certificate. */
import { createHash, type X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { ChannelBinding } from '@rookery/protocol/sasl'
import type { TlsState } from '../transport.ts'
import { xmppAddresses } from './xmpp-addresses.ts'

/** Computed when somebody asks: most logins do not bind, and an idle session keeps none of it. */
export class SocketTlsState implements TlsState {
  readonly #socket: TLSSocket
  readonly version: string

  constructor(socket: TLSSocket) {
    this.#socket = socket
    this.version = socket.getProtocol() ?? 'unknown'
  }

  get channelBindings(): readonly ChannelBinding[] {
    return channelBindings(this.#socket, this.version)
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

function channelBindings(socket: TLSSocket, version: string): readonly ChannelBinding[] {
  const bindings: ChannelBinding[] = []
  if (version === 'TLSv1.3') {
    // always with an explicit empty context [RFC9266 3, RFC8446 7.5]
    bindings.push({
      type: 'tls-exporter',
      data: socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)),
    })
  } else {
    // the first Finished message is the client's, unless the session was resumed; then it is ours [RFC5929 3.1]
    const first = socket.isSessionReused() ? socket.getFinished() : socket.getPeerFinished()
    if (first !== undefined) bindings.push({ type: 'tls-unique', data: first })
  }
  const own = socket.getX509Certificate()
  const endPoint = own === undefined ? undefined : endPointHash(own)
  if (endPoint !== undefined) bindings.push({ type: 'tls-server-end-point', data: endPoint })
  return bindings
}

const endPoints = new WeakMap<X509Certificate, Buffer>()

/** The hash of the certificate by the hash of its signature. [RFC5929 4.1] */
export function endPointHash(certificate: X509Certificate): Buffer | undefined {
  const known = endPoints.get(certificate)
  if (known !== undefined) return known
  const hash = signatureHash((certificate.signatureAlgorithm ?? '').toLowerCase())
  if (hash === undefined) return undefined
  const data = createHash(hash).update(certificate.raw).digest()
  endPoints.set(certificate, data)
  return data
}

/** MD5 and SHA-1 are replaced by SHA-256. Ed25519 has no hash, RSA-PSS does not name its own: there is no binding for them. [S37] */
function signatureHash(signature: string): string | undefined {
  const name = /sha3-\d{3}|sha\d{1,3}|md5/.exec(signature)?.[0]
  return name === 'md5' || name === 'sha1' ? 'sha256' : name
}
