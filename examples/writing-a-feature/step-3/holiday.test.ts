import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestServer } from '@rookery/testkit'
import { Client } from '../../client.ts'
import { holiday } from './holiday.ts'

const set = (note: string) => `<iq type='set' id='s'><holiday xmlns='urn:example:holiday'>${note}</holiday></iq>`
const write = (to: string) => `<message type='chat' to='${to}/example'><body>Art thou there?</body></message>`

test('step 3: the first message is delivered and answered with the note, the second only delivered', async () => {
  await using server = await startTestServer({ plugins: [holiday] })
  await using romeo = await Client.login(server, await server.createAccount({ local: 'romeo' }))
  await using juliet = await Client.login(server, await server.createAccount({ local: 'juliet' }))
  await romeo.ask(set('In Mantua'))

  juliet.send(write('romeo@localhost'))
  const note = await juliet.next()
  assert.equal(note.attr('from'), 'romeo@localhost')
  assert.equal(note.childText('body'), 'In Mantua')

  juliet.send(write('romeo@localhost'))
  for (const _ of ['first', 'second']) assert.equal((await romeo.next()).childText('body'), 'Art thou there?')
  // a second note would have come before the answer to this
  const answer = await juliet.ask("<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
  assert.equal(answer.attr('type'), 'result')
  juliet.send(write('juliet@localhost'))
  assert.equal((await juliet.next()).attr('from'), 'juliet@localhost/example')
})

test('step 3: two who are both away do not answer each other for ever', async () => {
  await using server = await startTestServer({ plugins: [holiday] })
  await using romeo = await Client.login(server, await server.createAccount({ local: 'romeo' }))
  await using juliet = await Client.login(server, await server.createAccount({ local: 'juliet' }))
  await romeo.ask(set('In Mantua'))
  await juliet.ask(set('In the crypt'))

  juliet.send(write('romeo@localhost'))
  assert.equal((await juliet.next()).childText('body'), 'In Mantua')
  assert.equal((await romeo.next()).childText('body'), 'Art thou there?')
  romeo.send(write('romeo@localhost'))
  assert.equal((await romeo.next()).attr('from'), 'romeo@localhost/example')
})
