/** STARTTLS (RFC 6120 section 5): before anything else is said. */
import * as NS from '@rookery/protocol/namespaces'
import { type Element, el } from '@rookery/protocol/xml'
import { ConnectError } from '../contract/errors.ts'
import type { ClearStream } from '../contract/platform.ts'

/** Whether TLS stands now: false where it is not offered, or neither wanted nor required. Throws a ConnectError. */
export async function startTls(stream: ClearStream, offers: Element, plaintext: boolean): Promise<boolean> {
  const offer = offers.child('starttls', NS.tls)
  if (offer === undefined || (plaintext && offer.child('required') === undefined)) return false
  stream.send(el('starttls', NS.tls))
  const answer = await stream.nextElement()
  if (!answer.is('proceed', NS.tls)) throw new ConnectError('no-encryption', 'The server began no TLS.')
  await stream.transport.startTls?.()
  // everything that was learnt in clear is forgotten [RFC6120 5.4.3.3]
  stream.restart()
  return stream.transport.isSecure
}
