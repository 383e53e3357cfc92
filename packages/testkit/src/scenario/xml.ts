/** The part of an element that scenarios look at, and how it is shown to a reader. */

/** Structural: the Element of @rookery/protocol/xml is one. */
export interface Xml {
  readonly name: string
  readonly ns: string
  /** Name, value, name, value… */
  readonly attributes: readonly string[]
  readonly children: readonly (Xml | string)[]
}

export const CLIENT = 'jabber:client'
export const STREAM = 'http://etherx.jabber.org/streams'
export const STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas'
export const STREAM_ERRORS = 'urn:ietf:params:xml:ns:xmpp-streams'

export const attributesOf = (xml: Xml): Map<string, string> => {
  const map = new Map<string, string>()
  for (let i = 0; i < xml.attributes.length; i += 2) map.set(xml.attributes[i]!, xml.attributes[i + 1]!)
  return map
}

export const attributeOf = (xml: Xml, name: string): string | undefined => attributesOf(xml).get(name)

export const elementsOf = (xml: Xml): Xml[] => xml.children.filter((child) => typeof child !== 'string')

export const childOf = (xml: Xml, name: string, ns: string): Xml | undefined =>
  elementsOf(xml).find((child) => child.name === name && child.ns === ns)

export const textOf = (xml: Xml): string => xml.children.filter((child) => typeof child === 'string').join('')

export const is = (xml: Xml, name: string, ns: string): boolean => xml.name === name && xml.ns === ns

export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

/** Stands in a pattern for "and possibly more attributes"; `…` in the file. */
export const MORE = 'scenario.more'

/** For people, not for parsers: namespaces are written where they change. */
export const showXml = (xml: Xml, outer: string = CLIENT): string => {
  const tag = xml.ns === STREAM ? `stream:${xml.name}` : xml.name
  const declared = xml.ns === outer || xml.ns === STREAM ? '' : ` xmlns="${xml.ns}"`
  const attributes = [...attributesOf(xml)]
    .map(([name, value]) => (name === MORE ? ' …' : ` ${name}="${escapeXml(value)}"`))
    .join('')
  const inner = xml.ns === STREAM ? outer : xml.ns
  const isMixed = xml.children.some((child) => typeof child !== 'string')
  const children = xml.children
    .map((child) => {
      if (typeof child !== 'string') return showXml(child, inner)
      return escapeXml(isMixed ? child.trim() && `${child.trim()} ` : child)
    })
    .join('')
  return children === '' ? `<${tag}${declared}${attributes}/>` : `<${tag}${declared}${attributes}>${children}</${tag}>`
}
