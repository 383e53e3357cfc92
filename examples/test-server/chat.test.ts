/** A test of XMPP software with a real server in the test's own process. Here the software is examples/client.ts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestServer } from '@rookery/testkit'
import { Client } from '../client.ts'

test('a message goes from romeo to juliet', async () => {
  await using server = await startTestServer() // free ports on 127.0.0.1; gone at the end of this block
  const romeo = await server.createAccount({ local: 'romeo' })
  const juliet = await server.createAccount() // a name that nobody else has

  await using hers = await Client.login(server, juliet, 'balcony')
  await using his = await Client.login(server, romeo)
  his.send(`<message type='chat' to='${juliet.jid}/balcony'><body>But, soft!</body></message>`)

  const received = await hers.next()
  assert.equal(received.attr('from'), 'romeo@localhost/example')
  assert.equal(received.childText('body'), 'But, soft!')
})
