/** A server reached over plain TCP; accounts by in-band registration (XEP-0077) unless the server can be told in another way. */
import { connect, type Socket } from 'node:net'
import type { RawConnection, Target } from './target.ts'
import { TestClient } from './test-client.ts'
import { attributeOf, escapeXml } from './xml.ts'

export interface TcpTargetOptions {
  readonly name: string
  readonly port: number
  readonly address?: string
  readonly host?: string
  readonly secondHost?: string
  readonly hasSasl2?: boolean
  readonly patience?: number
  readonly createAccount?: Target['createAccount']
  readonly stop?: () => Promise<void>
}

const REGISTER = 'jabber:iq:register'

const raw = (socket: Socket): RawConnection => {
  const connection: RawConnection = {
    send: (wire) => socket.write(wire, 'latin1'),
    onData: () => {},
    onClose: () => {},
    close: () => socket.end(),
    destroy: () => socket.resetAndDestroy(),
  }
  socket.setEncoding('latin1')
  socket.setNoDelay(true)
  socket.on('data', (wire: string) => connection.onData(wire))
  socket.on('error', () => {})
  socket.once('close', () => connection.onClose())
  return connection
}

const dial = (port: number, address: string): Promise<RawConnection> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: address })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(raw(socket))
    })
  })

const register = async (target: Target, local: string, password: string, domain: string): Promise<void> => {
  const client = new TestClient(target, 'registration', { local, password, domain }, '')
  await client.advance('open')
  const fields = `<username>${escapeXml(local)}</username><password>${escapeXml(password)}</password>`
  client.send(`<iq type='set' id='register' to='${domain}'><query xmlns='${REGISTER}'>${fields}</query></iq>`)
  const answer = await client.take((xml) => attributeOf(xml, 'id') === 'register')
  if (!answer || attributeOf(answer, 'type') !== 'result')
    throw new Error(`${target.name} did not register ${local}: ${client.transcript.at(-1)}`)
  client.send('</stream:stream>')
  client.close()
}

export const tcpTarget = (options: TcpTargetOptions): Target => {
  const { name, port, address = '127.0.0.1', host = 'localhost', secondHost, patience, hasSasl2 = false } = options
  const target: Target = {
    name,
    host,
    hasSasl2,
    ...(secondHost === undefined ? {} : { secondHost }),
    ...(patience === undefined ? {} : { patience }),
    connect: () => dial(port, address),
    createAccount: options.createAccount ?? ((local, password, domain) => register(target, local, password, domain)),
    stop: options.stop ?? (async () => {}),
  }
  return target
}
