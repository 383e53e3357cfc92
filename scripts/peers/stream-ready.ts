/** Asks whether an XMPP server answers on a TCP port yet: opens a stream and waits for its features (RFC 6120 4.3.2). No parser, no login. */
import { connect } from 'node:net'

const opening = (host: string): string =>
  `<?xml version='1.0'?><stream:stream to='${host}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`

/** The text the server sent up to its stream features; undefined when it did not get there within the time. */
export const readStreamFeatures = (port: number, host: string, milliseconds: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let received = ''
    const finish = (result: string | undefined): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(result)
    }
    const timer = setTimeout(() => finish(undefined), milliseconds)
    socket.setEncoding('utf8')
    socket.once('connect', () => socket.write(opening(host)))
    socket.on('data', (text: string) => {
      received += text
      if (received.includes('</stream:features>')) finish(received)
    })
    socket.once('error', () => finish(undefined))
    socket.once('close', () => finish(undefined))
  })
