/**
 * This server in the same process, reached over WebSocket. Scenarios speak as over TCP; here each of their elements becomes a
 * frame, and the tags of a stream become `<open/>` and `<close/>`, in both directions (RFC 7395 section 3.3).
 */
import {
  authenticated,
  CLOSE,
  Element,
  parseElement,
  StreamOpen,
  writeAttribute,
  writeElement,
  XmlError,
  XmlParser,
} from '@rookery/protocol/xml'
import { createServer, type ServerOptions } from '@rookery/server'
import type { RawConnection, Target } from './target.ts'
import { STREAM } from './xml.ts'

const framing = 'urn:ietf:params:xml:ns:xmpp-framing'

/** The first host is HOST, the second OTHERHOST. */
export const startWebSocketTarget = async (options: ServerOptions = {}): Promise<Target> => {
  const server = await createServer({
    hosts: ['localhost', 'example.test'],
    ...options,
    listen: { c2s: false, tls: false, https: false, http: 0, httpAddress: '127.0.0.1' },
    auth: { iterations: 4096, hashes: ['SHA-1', 'SHA-256'], ...options.auth },
  })
  await server.start()
  const [host = 'localhost', secondHost] = server.config.hosts
  const url = `ws://127.0.0.1:${server.endpoints[0]!.port}${server.config.http.websocketPath}`
  return {
    name: 'websocket',
    host,
    hasSasl2: true,
    ...(secondHost === undefined ? {} : { secondHost }),
    connect: () => dial(url),
    createAccount: async (local, password, domain) => {
      if (!(await server.accounts(domain).create(local, password)))
        throw new Error(`there is an account ${local} already`)
    },
    stop: () => server.stop(),
  }
}

const dial = (url: string): Promise<RawConnection> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'xmpp')
    const toFrames = new ToFrames((frame) => socket.send(Buffer.from(frame, 'latin1').toString()))
    const connection: RawConnection = {
      send: (wire) => toFrames.feed(wire),
      onData: () => {},
      onClose: () => {},
      close: () => socket.close(),
      destroy: () => socket.close(),
    }
    socket.onopen = () => resolve(connection)
    socket.onerror = () => reject(new Error(`no WebSocket at ${url}`))
    socket.onmessage = ({ data }) => connection.onData(fromFrame(Buffer.from(String(data)).toString('latin1')))
    socket.onclose = () => connection.onClose()
  })

/** Cuts what is written for TCP into frames. What is not XML goes as it is: the server shall judge it. */
class ToFrames {
  readonly #send: (frame: string) => void
  #parser = new XmlParser(generous, 'stream')

  constructor(send: (frame: string) => void) {
    this.#send = send
  }

  feed(wire: string): void {
    if (wire.startsWith('<?xml') || wire.startsWith('<stream:stream')) this.#parser = new XmlParser(generous, 'stream')
    this.#parser.feed(wire)
    for (let event = this.#parser.next(); event !== undefined; event = this.#parser.next()) {
      if (event instanceof XmlError) return this.#send(wire)
      if (event === CLOSE) this.#send(`<close xmlns='${framing}'/>`)
      else if (event instanceof StreamOpen)
        this.#send(`<open xmlns='${event.ns === STREAM ? framing : event.ns}'${attributesOf(event)}/>`)
      else this.#send(writeElement(event, ''))
    }
  }
}

/** A frame as it would stand in a stream over TCP. */
const fromFrame = (frame: string): string => {
  const element = parseElement(frame, generous)
  if (!(element instanceof Element) || element.ns !== framing) return frame
  if (element.name === 'close') return '</stream:stream>'
  return `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='${STREAM}'${attributesOf(element)}>`
}

const attributesOf = ({ attributes }: Element | StreamOpen): string => {
  let text = ''
  for (let i = 0; i < attributes.length; i += 2) text += writeAttribute(attributes[i]!, attributes[i + 1]!)
  return text
}

const generous = { ...authenticated, bytes: 16 * 1024 * 1024 }
