/** XMPP over WebSocket, RFC 7395: each message is one element. */
import type { Transport } from './transport.ts'
import { escaped, ns, parse } from './xml.ts'

export class WebSocketTransport implements Transport {
  readonly isReliable = false
  readonly #socket: WebSocket
  onElement: (element: Element) => void = () => {}
  onEnd: (reason: string) => void = () => {}

  constructor(url: string) {
    this.#socket = new WebSocket(url, 'xmpp')
  }

  open(host: string): Promise<void> {
    const socket = this.#socket
    return new Promise((resolve, reject) => {
      socket.onopen = () => this.send(`<open xmlns="${ns.framing}" to="${escaped(host)}" version="1.0"/>`)
      socket.onclose = ({ code }) => {
        reject(new Error(`the WebSocket closed with ${code}`))
        this.onEnd(`closed with ${code}`)
      }
      socket.onmessage = ({ data }) => {
        const element = parse(String(data))
        if (element.namespaceURI !== ns.framing) this.onElement(element)
        else if (element.localName === 'open') resolve()
        else socket.close()
      }
    })
  }

  send(xml: string): void {
    this.#socket.send(xml)
  }

  close(): void {
    this.send(`<close xmlns="${ns.framing}"/>`)
  }
}
