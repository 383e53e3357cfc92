import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryServer } from '../../../test/memory-server.ts'

const ask = "<iq type='get' id='q' to='localhost'><query xmlns='jabber:iq:version'/></iq>"

test('tells name and version, and the system only when asked to', async () => {
  for (const os of [false, true]) {
    await using server = await memoryServer({
      software: { name: 'Nest', version: '1.2' },
      features: { version: { os } },
    })
    const query = (await (await server.login('romeo')).ask(ask)).child('query', 'jabber:iq:version')
    assert.equal(query?.childText('name'), 'Nest')
    assert.equal(query?.childText('version'), '1.2')
    assert.equal(query?.childText('os') !== undefined, os)
  }
})
