import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestServer } from '@rookery/testkit'
import { Client } from '../../client.ts'
import { holiday } from './holiday.ts'

const get = "<iq type='get' id='g'><holiday xmlns='urn:example:holiday'/></iq>"
const set = (note: string) => `<iq type='set' id='s'><holiday xmlns='urn:example:holiday'>${note}</holiday></iq>`

test('step 2: a note longer than the configuration allows is refused', async () => {
  await using server = await startTestServer({ plugins: [holiday], features: { holiday: { longest: 10 } } })
  await using romeo = await Client.login(server, await server.createAccount())

  assert.equal((await romeo.ask(set('In Mantua'))).attr('type'), 'result')
  const refused = await romeo.ask(set('In Mantua, until the prince relents'))
  assert.equal(refused.child('error')?.attr('type'), 'modify')
  assert.equal((await romeo.ask(get)).childText('holiday', 'urn:example:holiday'), 'In Mantua')
})

test('step 2: a wrong setting stops the start and is named', async () => {
  await assert.rejects(startTestServer({ plugins: [holiday], features: { holiday: { longest: 0 } } }), /holiday/)
})
