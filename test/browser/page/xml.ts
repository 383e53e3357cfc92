/** As much of XML as the page needs: the browser's own parser, and texts made safe. */

export const ns = {
  client: 'jabber:client',
  framing: 'urn:ietf:params:xml:ns:xmpp-framing',
  streams: 'http://etherx.jabber.org/streams',
  httpbind: 'http://jabber.org/protocol/httpbind',
  xbosh: 'urn:xmpp:xbosh',
  sasl2: 'urn:xmpp:sasl:2',
  bind2: 'urn:xmpp:bind:0',
  fast: 'urn:xmpp:fast:0',
  management: 'urn:xmpp:sm:3',
  carbons: 'urn:xmpp:carbons:2',
  forward: 'urn:xmpp:forward:0',
} as const

export const parse = (text: string): Element => {
  const root = new DOMParser().parseFromString(text, 'text/xml').documentElement
  if (root.getElementsByTagName('parsererror').length > 0 || root.localName === 'parsererror')
    throw new Error(`this is no XML: ${text}`)
  return root
}

export const serialize = (element: Element): string => new XMLSerializer().serializeToString(element)

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

export const child = (parent: Element | undefined, name: string, namespace: string): Element | undefined =>
  [...(parent?.children ?? [])].find((one) => one.localName === name && one.namespaceURI === namespace)
