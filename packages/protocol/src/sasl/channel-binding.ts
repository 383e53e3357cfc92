/** Channel bindings (RFC 5056): what ties an authentication to one TLS connection. Not the making of the data: that is the transport's. */

/** RFC 9266, RFC 5929 section 4, RFC 5929 section 3; strongest first. */
export const channelBindingTypes = ['tls-exporter', 'tls-unique', 'tls-server-end-point'] as const

export type ChannelBindingType = (typeof channelBindingTypes)[number]

/**
 * One binding of the connection in hand. `data` may be a getter, so that nothing is exported from TLS before a client asks for it.
 * The transport gives `tls-unique` up to TLS 1.2 only, `tls-exporter` from TLS 1.3 on (before it only with the extended
 * master secret), and none at all behind a proxy that ends TLS.
 */
export interface ChannelBinding {
  readonly type: ChannelBindingType
  readonly data: Uint8Array
}

export function findBinding(bindings: readonly ChannelBinding[], type: string): ChannelBinding | undefined {
  return bindings.find((binding) => binding.type === type)
}
