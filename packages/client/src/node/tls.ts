/** The client's side of TLS: at least 1.2, and a certificate that is good for the name that was asked for. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { isIP, type Socket } from 'node:net'
import { checkServerIdentity, connect, type TLSSocket } from 'node:tls'
import { onAbort } from '../contract/abort.ts'
import { deferred } from '../contract/deferred.ts'
import { UsageError } from '../contract/errors.ts'
import type { TlsOptions } from '../contract/platform.ts'
import { tlsError } from './tls-error.ts'

export interface SecureOptions {
  /** What the certificate must be for: a name in ASCII, or an address without brackets. */
  readonly name: string
  /** The protocol to agree on. [RFC7301] */
  readonly alpn?: string
  readonly tls: TlsOptions
  readonly signal: AbortSignal
}

/** Goes on under TLS; the socket is destroyed when that fails. Throws a ConnectError, a UsageError for options that are none, or the signal's reason. */
export async function secure(plain: Socket, options: SecureOptions): Promise<TLSSocket> {
  const { name, alpn, tls, signal } = options
  const { promise, resolve, reject } = deferred<TLSSocket>()
  let socket: TLSSocket
  try {
    checkPem(tls)
    socket = connect({
      socket: plain,
      host: name,
      // [RFC6066 3] addresses are no server names
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
      ca: tls.ca === undefined ? undefined : [tls.ca].flat(),
      cert: tls.cert,
      key: tls.key,
      minVersion: 'TLSv1.2',
      // said aloud, so that NODE_TLS_REJECT_UNAUTHORIZED cannot turn it off [S122]
      rejectUnauthorized: true,
      checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
    })
  } catch (cause) {
    plain.destroy()
    throw new UsageError('`tls` needs `ca`, `cert` and `key` in PEM, the last two together.', { cause })
  }
  const fail = (error: unknown): void => {
    socket.destroy()
    plain.destroy()
    reject(error)
  }
  const stopListening = onAbort(signal, fail)
  socket.once('secureConnect', () => resolve(socket))
  socket.on('error', (error) => fail(tlsError(error, name)))
  socket.once('close', () => fail(tlsError(undefined, name)))
  try {
    return await promise
  } finally {
    stopListening()
    socket.removeAllListeners('close')
  }
}

/** Throws for what is none: Node takes no notice of half a pair and of authorities that it cannot read, Deno calls a broken pair an old TLS. */
function checkPem({ ca = [], cert, key }: TlsOptions): void {
  for (const one of [ca].flat()) new X509Certificate(one)
  if (cert === undefined && key === undefined) return
  new X509Certificate(cert ?? '')
  createPrivateKey(key ?? '')
}
