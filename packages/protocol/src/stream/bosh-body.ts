/** The `<body/>` of BOSH, read and written (XEP-0124 1.11 section 6). What its attributes mean is not known here. */
import * as NS from '../namespaces.ts'
import {
  authenticated,
  CLOSE,
  Element,
  escapeAttribute,
  StreamOpen,
  XmlError,
  type XmlLimits,
  XmlParser,
} from '../xml/index.ts'

export const httpBind = 'http://jabber.org/protocol/httpbind'
export const xbosh = 'urn:xmpp:xbosh'

const noBody: XmlError = new XmlError('bad-format', 'a request holds one <body/>')
const unfinished: XmlError = new XmlError('not-well-formed', 'the document ends too early')

export interface BoshBody {
  /** By name; with a namespace as `{uri}local`. */
  attr(name: string): string | undefined
  /** What it holds, under the limits of the one who sent it. */
  payloads(limits: XmlLimits): Element[] | XmlError
}

/** The start tag is read at once: it says whose the rest is. */
export function readBoshBody(wire: string): BoshBody | XmlError {
  const parser = new XmlParser(authenticated, 'stream')
  parser.feed(wire)
  const open = parser.next()
  if (open instanceof XmlError) return open
  if (!(open instanceof StreamOpen)) return unfinished
  if (open.name !== 'body' || open.ns !== httpBind) return noBody
  const rest = parser.takeRest()
  const isEmpty = parser.next() === CLOSE
  return {
    attr: (name) => open.attr(name),
    payloads: (limits) => (isEmpty ? nothingBehind(parser, rest) : readPayloads(open, rest, limits)),
  }
}

/** Behind the end of the document there may be white space. [XML 2.1] */
function nothingBehind(parser: XmlParser, rest: string): [] | XmlError {
  parser.feed(rest)
  const behind = parser.next()
  return behind instanceof XmlError ? behind : []
}

/**
 * Read like a stream whose default namespace is that of stanzas: clients may leave it out, as if it were part of the namespace of
 * the body. [XEP-0206 2]
 */
function readPayloads(open: StreamOpen, rest: string, limits: XmlLimits): Element[] | XmlError {
  const parser = new XmlParser(limits, 'stream')
  parser.feed(startTag(open))
  parser.feed(rest)
  const found: Element[] = []
  for (let event = parser.next(); event !== undefined; event = parser.next()) {
    if (event instanceof XmlError) return event
    if (event instanceof Element) found.push(event)
    else if (event === CLOSE) {
      const behind = parser.next()
      return behind instanceof XmlError ? behind : found
    }
  }
  return unfinished
}

function startTag(open: StreamOpen): string {
  let tag = `<${open.prefix === '' ? 'body' : `${open.prefix}:body`} xmlns='${NS.client}'`
  for (let i = 0; i < open.prefixes.length; i += 2)
    tag += ` xmlns:${open.prefixes[i]}='${escapeAttribute(open.prefixes[i + 1]!)}'`
  return `${tag}>`
}

/** `attributes`: names as they are written, with prefixes that are declared among them. */
export function writeBoshBody(
  attributes: Readonly<Record<string, string | number | undefined>>,
  payload: string,
): string {
  let tag = `<body xmlns='${httpBind}'`
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) tag += ` ${name}='${escapeAttribute(String(value))}'`
  return payload === '' ? `${tag}/>` : `${tag}>${payload}</body>`
}
