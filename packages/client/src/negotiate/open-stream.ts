/** The stream of a connection (RFC 6120 section 4.3), encrypted before anything is said on it. */
import type { Element } from '@rookery/protocol/xml'
import { ConnectError } from '../contract/errors.ts'
import type { Platform } from '../contract/platform.ts'
import type { Connection } from './connection.ts'

/** Opens it and gives what the server offers. Our address is shown to nobody but the server, and not in clear. [RFC6120 4.7.1] */
export async function openStream(
  connection: Connection,
  platform: Pick<Platform, 'startTls'>,
  { plaintext = false }: { readonly plaintext?: boolean | undefined },
  from?: string,
): Promise<Element> {
  if (connection.transport.isSecure) return connection.openStream(from)
  const offers = await connection.openStream()
  if (await platform.startTls?.(connection, offers, plaintext)) return connection.openStream(from)
  if (plaintext) return offers
  // an offer that is missing was taken away by somebody in between, for all we can know [RFC6120 13.9.2.1]
  throw new ConnectError('no-encryption', 'The server offers no encryption. If this is meant, set `plaintext`.')
}
