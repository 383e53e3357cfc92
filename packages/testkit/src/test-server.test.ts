import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { startTestServer } from './index.ts'

const HEADER = `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>`

/** What is said until the features have come. */
function features(port: number, isSecure = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1' }
    const socket = isSecure ? connectTls({ ...options, rejectUnauthorized: false }) : connect(options)
    let text = ''
    socket.on('error', reject)
    socket.on('data', (bytes) => {
      text += bytes
      if (!text.includes('</stream:features>')) return
      socket.destroy()
      resolve(text)
    })
    socket.write(HEADER)
  })
}

describe('a test server', () => {
  test('is there when it has started, and gone at the end of the block', async () => {
    let port: number
    {
      await using server = await startTestServer()
      port = server.port
      assert.match(await features(server.port), /<mechanism>PLAIN<\/mechanism>/)
      assert.match(await features(server.tlsPort, true), /<mechanism>SCRAM-SHA-256-PLUS<\/mechanism>/)
      assert.deepEqual([server.domain, server.address], ['localhost', '127.0.0.1'])
    }
    await assert.rejects(features(port), /ECONNREFUSED/)
  })

  test('asks for TLS when it is told to', async () => {
    await using server = await startTestServer({ plaintext: false })
    const offered = await features(server.port)
    assert.match(offered, /<starttls[^>]*><required\/>/)
    assert.doesNotMatch(offered, /<mechanism>/)
  })

  test('makes accounts with names that nobody has, or those that are wanted', async () => {
    await using server = await startTestServer({ hosts: ['localhost', 'example.test'] })
    const [one, two] = [await server.createAccount(), await server.createAccount()]
    assert.notEqual(one.jid, two.jid)
    assert.equal(await server.server.accounts('localhost').exists(one.local), true)
    const romeo = await server.createAccount({ local: 'romeo', password: 'r0m30', domain: 'example.test' })
    assert.deepEqual(romeo, { jid: 'romeo@example.test', local: 'romeo', domain: 'example.test', password: 'r0m30' })
    await assert.rejects(server.createAccount({ local: 'romeo', domain: 'example.test' }), RangeError)
    assert.equal((await server.createAccount({ local: 'romeo' })).jid, 'romeo@localhost')
  })

  test('stands beside others', async () => {
    await using one = await startTestServer()
    await using two = await startTestServer()
    assert.notEqual(one.port, two.port)
    const account = await one.createAccount()
    assert.equal(await two.server.accounts('localhost').exists(account.local), false)
  })
})
