/** Makes an account by in-band registration (XEP-0077) on a throw-away server that lets anybody do so: a few lines of text over TCP, no client. */
import { connect } from 'node:net'
import type { Account } from './stock-client.ts'

export const register = ({ port }: { port: number }, account: Account): Promise<void> =>
  new Promise((resolve, reject) => {
    const [local = '', host = ''] = account.jid.split('@')
    const opening = `<stream:stream to='${host}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`
    const fields = `<username>${local}</username><password>${account.password}</password>`
    const request = `<iq type='set' id='register'><query xmlns='jabber:iq:register'>${fields}</query></iq>`
    const socket = connect({ port, host: '127.0.0.1' })
    let received = ''
    let asked = false
    const finish = (error?: Error): void => {
      socket.destroy()
      if (error === undefined) resolve()
      else reject(error)
    }
    socket.setEncoding('utf8').setTimeout(10_000, () => finish(new Error(`no answer to a registration: ${received}`)))
    socket.once('error', finish)
    socket.once('connect', () => socket.write(`<?xml version='1.0'?>${opening}`))
    socket.on('data', (text: string) => {
      received += text
      if (!asked && received.includes('</stream:features>')) {
        asked = true
        received = ''
        socket.write(request)
      } else if (asked && /<iq[^>]*type=['"]result['"]/.test(received)) finish()
      else if (asked && received.includes('</iq>')) finish(new Error(`registration refused: ${received}`))
    })
  })
