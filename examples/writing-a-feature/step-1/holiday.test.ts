import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestServer } from '@rookery/testkit'
import { Client } from '../../client.ts'
import { holiday } from './holiday.ts'

const get = "<iq type='get' id='g'><holiday xmlns='urn:example:holiday'/></iq>"
const set = (note: string) => `<iq type='set' id='s'><holiday xmlns='urn:example:holiday'>${note}</holiday></iq>`

test('step 1: a note can be left and read again, by its owner alone', async () => {
  await using server = await startTestServer({ plugins: [holiday] })
  await using romeo = await Client.login(server, await server.createAccount({ local: 'romeo' }))
  await using juliet = await Client.login(server, await server.createAccount({ local: 'juliet' }))

  assert.equal((await romeo.ask(set('In Mantua'))).attr('type'), 'result')
  assert.equal((await romeo.ask(get)).childText('holiday', 'urn:example:holiday'), 'In Mantua')

  const refused = await juliet.ask(get.replace("id='g'", "id='g' to='romeo@localhost'"))
  assert.equal(refused.attr('type'), 'error')
})
