import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NS } from '@rookery/protocol'
import { prepareOpaque, prepareUsername } from '@rookery/protocol/precis'
import { type HashName, authenticate as prove, saltPassword } from '@rookery/protocol/sasl'
import { SASL2_NS as SASL2 } from '@rookery/protocol/xeps/sasl2'
import { SCRAM_UPGRADE_NS, UPGRADE_NS } from '@rookery/protocol/xeps/upgrade'
import type { Element } from '@rookery/protocol/xml'
import { createMemoryStorage } from '@rookery/storage/memory'
import { HOST, type MemoryClient, type MemoryServer, memoryServer, turns } from '../../test/memory-server.ts'
import { authenticate, bindWith, byToken, failureIn, PHONE, tokenIn, wantToken } from '../../test/sasl2-client.ts'
import { createCrypto } from '../crypto.ts'

const crypto = createCrypto()
const wish = (hash: HashName) => `<upgrade xmlns='${UPGRADE_NS}'>UPGR-SCRAM-${hash}</upgrade>`

/** A server on which Romeo had his account before the longer hashes were configured. */
async function withOldAccount(): Promise<MemoryServer> {
  const storage = createMemoryStorage()
  {
    await using before = await memoryServer({ storage, auth: { hashes: ['SHA-1'] } })
    await before.server.accounts(HOST).create('romeo', 'secret-romeo')
  }
  return memoryServer({ storage, auth: { hashes: ['SHA-1', 'SHA-256', 'SHA-512'] } })
}

async function open(server: MemoryServer, from?: string): Promise<MemoryClient> {
  const client = server.connect()
  const named = from === undefined ? '' : ` from='${from}'`
  client.send(`<stream:stream xmlns='jabber:client' xmlns:stream='${NS.streams}' version='1.0' to='${HOST}'${named}>`)
  client.features = await client.next()
  return client
}

function mechanisms(client: MemoryClient): string[] {
  const offer = client.features!.child('authentication', SASL2)!
  return offer.childElements().flatMap((each) => (each.name === 'mechanism' ? [each.text()] : []))
}

/** The whole of SCRAM; what comes after the last response. */
async function scram(client: MemoryClient, hash: HashName, inline = '', password = 'secret-romeo'): Promise<Element> {
  const means = { crypto, username: 'romeo', password, offered: mechanisms(client), prepareUsername, prepareOpaque }
  let answer: Element | undefined
  await prove(`SCRAM-${hash}`, means, async (message) => {
    client.send(
      answer === undefined
        ? authenticate('romeo', { mechanism: `SCRAM-${hash}`, initial: message, agent: PHONE, inline })
        : `<response xmlns='${SASL2}'>${Buffer.from(message).toString('base64')}</response>`,
    )
    answer = (await client.next())!
    if (answer.name === 'failure') throw new Error('refused')
    const isSuccess = answer.name !== 'challenge' // <continue/> proves it as well
    const text = isSuccess ? answer.childText('additional-data') : answer.text()
    return { isSuccess, data: Buffer.from(text ?? '', 'base64') }
  }).catch((error: Error) => assert.equal(error.message, 'refused'))
  return answer!
}

async function perform(client: MemoryClient, hash: HashName): Promise<Element> {
  client.send(`<next xmlns='${SASL2}' task='UPGR-SCRAM-${hash}'/>`)
  const salt = (await client.next())?.child('salt', SCRAM_UPGRADE_NS)
  assert.ok(salt)
  const salted = await saltPassword(
    crypto,
    hash,
    'secret-romeo',
    Buffer.from(salt.text(), 'base64'),
    Number(salt.attr('iterations')),
  )
  const text = Buffer.from(salted).toString('base64')
  client.send(`<task-data xmlns='${SASL2}'><hash xmlns='${SCRAM_UPGRADE_NS}'>${text}</hash></task-data>`)
  return (await client.next())!
}

describe('an account that is older than a configured hash', () => {
  test('is offered the upgrade, and only what it can use where the stream says who comes', async () => {
    await using server = await withOldAccount()
    const known = await open(server, `romeo@${HOST}`)
    assert.deepEqual(mechanisms(known), ['SCRAM-SHA-1', 'PLAIN'])
    const offer = known.features!.child('authentication', SASL2)!
    assert.deepEqual(
      offer.childElements().flatMap((each) => (each.ns === UPGRADE_NS ? [each.text()] : [])),
      ['UPGR-SCRAM-SHA-256', 'UPGR-SCRAM-SHA-512'],
    )
    // who says no name is offered what everybody can use
    assert.deepEqual(mechanisms(await open(server)), ['SCRAM-SHA-1', 'PLAIN'])
    await server.server.accounts(HOST).create('juliet', 'x')
    assert.deepEqual(mechanisms(await open(server, `juliet@${HOST}`)), [
      'SCRAM-SHA-512',
      'SCRAM-SHA-256',
      'SCRAM-SHA-1',
      'PLAIN',
    ])
  })

  test('cannot be told from names that nobody has [S38]', async () => {
    await using server = await withOldAccount()
    const seen = new Map<string, number>()
    for (let i = 0; i < 60; i++) {
      const offers: string[] = []
      for (let again = 0; again < 2; again++) {
        const client = await open(server, `nobody${i}@${HOST}`)
        offers.push(mechanisms(client).join())
        client.destroy()
      }
      assert.equal(offers[0], offers[1])
      seen.set(offers[0]!, (seen.get(offers[0]!) ?? 0) + 1)
    }
    assert.deepEqual([...seen.keys()].sort(), ['SCRAM-SHA-1,PLAIN', 'SCRAM-SHA-512,SCRAM-SHA-256,SCRAM-SHA-1,PLAIN'])
    for (const count of seen.values()) assert.ok(count > 10, `${count} of 60`)
  })

  test('gets the keys of all hashes that its client asks for, then logs in with them [XEP-0480 3]', async () => {
    await using server = await withOldAccount()
    const client = await open(server, `romeo@${HOST}`)
    const first = await scram(client, 'SHA-1', wish('SHA-256') + wish('SHA-512') + bindWith())
    assert.equal(first.name, 'continue')
    assert.equal(first.child('tasks')?.childText('task'), 'UPGR-SCRAM-SHA-256')
    const second = await perform(client, 'SHA-256')
    assert.equal(second.name, 'continue')
    assert.equal(second.childText('additional-data'), undefined)
    assert.equal(second.child('tasks')?.childText('task'), 'UPGR-SCRAM-SHA-512')
    const success = await perform(client, 'SHA-512')
    assert.equal(success.name, 'success')
    assert.match(success.childText('authorization-identifier') ?? '', /\/./)
    for (const hash of ['SHA-512', 'SHA-256', 'SHA-1'] as const) {
      const later = await open(server, `romeo@${HOST}`)
      assert.ok(mechanisms(later).includes(`SCRAM-${hash}`))
      // what is there already is not asked for
      assert.equal((await scram(later, hash, wish('SHA-512'))).name, 'success')
    }
  })

  test('keeps its tokens through it', async () => {
    await using server = await withOldAccount()
    const first = await open(server)
    first.send(authenticate('romeo', { mechanism: 'PLAIN', initial: '\0romeo\0wrong' }))
    await first.next()
    const success = await scram(await open(server, `romeo@${HOST}`), 'SHA-1', wantToken)
    const client = await open(server, `romeo@${HOST}`)
    await scram(client, 'SHA-1', wish('SHA-512'))
    assert.equal((await perform(client, 'SHA-512')).name, 'success')
    const again = await open(server)
    again.send(byToken('romeo', tokenIn(success)))
    assert.equal((await again.next())?.name, 'success')
  })

  test('gets them by itself where the password is shown [RFC4616]', async () => {
    await using server = await withOldAccount()
    const client = await open(server)
    client.send(authenticate('romeo', { inline: wish('SHA-512') }))
    assert.equal((await client.next())?.name, 'success') // no task: the server has the password
    for (let i = 0; i < 1000 && !mechanisms(await open(server, `romeo@${HOST}`)).includes('SCRAM-SHA-512'); i++)
      await turns(10)
    assert.equal((await scram(await open(server, `romeo@${HOST}`), 'SHA-512')).name, 'success')
    assert.equal((await scram(await open(server, `romeo@${HOST}`), 'SHA-512', '', 'wrong')).name, 'failure')
  })

  test('is not upgraded by whoever has shown no password: a token is no password', async () => {
    await using server = await withOldAccount()
    const success = await scram(await open(server, `romeo@${HOST}`), 'SHA-1', wantToken)
    const client = await open(server)
    client.send(byToken('romeo', tokenIn(success), '', { inline: wish('SHA-512') }))
    assert.equal((await client.next())?.name, 'success')
  })

  test('stays as it is when a task goes wrong, and nobody is logged in [XEP-0388 4.9]', async () => {
    const next = `<next xmlns='${SASL2}' task='UPGR-SCRAM-SHA-512'/>`
    const data = (content: string) => `<task-data xmlns='${SASL2}'>${content}</task-data>`
    const hash = (text: string) => data(`<hash xmlns='${SCRAM_UPGRADE_NS}'>${text}</hash>`)
    for (const [sent, condition] of [
      [`<next xmlns='${SASL2}' task='UPGR-SCRAM-SHA-256'/>`, 'malformed-request'],
      [`<next xmlns='${SASL2}'/>`, 'malformed-request'],
      [hash(Buffer.alloc(64).toString('base64')), 'malformed-request'],
      [next + hash('AAAA'), 'malformed-request'],
      [next + hash(''), 'malformed-request'],
      [next + data('<x xmlns="urn:x"/>'), 'malformed-request'],
      [next + next, 'malformed-request'],
      [`<response xmlns='${SASL2}'/>`, 'malformed-request'],
      [`<abort xmlns='${SASL2}'/>`, 'aborted'],
    ] as const) {
      await using server = await withOldAccount()
      const client = await open(server, `romeo@${HOST}`)
      assert.equal((await scram(client, 'SHA-1', wish('SHA-512') + bindWith())).name, 'continue')
      client.send(sent)
      let answer = await client.next()
      if (answer?.name === 'task-data') answer = await client.next()
      assert.equal(failureIn(answer), condition, sent)
      client.send(authenticate('romeo'))
      await client.closed()
      assert.equal(client.streamError, 'not-authorized', sent)
      assert.deepEqual(
        (await server.stores.accounts.get('romeo'))?.credentials.map(({ mechanism }) => mechanism),
        ['SCRAM-SHA-1'],
      )
    }
  })

  test('whose password changes in the middle of it is not logged in [S46]', async () => {
    await using server = await withOldAccount()
    const client = await open(server, `romeo@${HOST}`)
    await scram(client, 'SHA-1', wish('SHA-512'))
    await server.server.accounts(HOST).setPassword('romeo', 'another')
    assert.equal(failureIn(await perform(client, 'SHA-512')), 'not-authorized')
    const later = await open(server, `romeo@${HOST}`)
    assert.equal((await scram(later, 'SHA-512', '', 'secret-romeo')).name, 'failure')
    assert.equal((await scram(await open(server, `romeo@${HOST}`), 'SHA-512', '', 'another')).name, 'success')
  })

  test('is not there where the hashes have always been the same', async () => {
    await using server = await memoryServer({ auth: { hashes: ['SHA-256', 'SHA-512'] } })
    const offer = (await open(server)).features!.child('authentication', SASL2)!
    assert.equal(
      offer.childElements().some((each) => each.ns === UPGRADE_NS),
      false,
    )
  })

  test('can be one whose hash was turned off and on again', async () => {
    const storage = createMemoryStorage()
    const upgrades: boolean[] = []
    for (const hashes of [['SHA-256', 'SHA-512'], ['SHA-256'], ['SHA-256', 'SHA-512']] as const) {
      await using server = await memoryServer({ storage, auth: { hashes: [...hashes] } })
      const offer = (await open(server)).features!.child('authentication', SASL2)!
      upgrades.push(offer.childElements().some((each) => each.ns === UPGRADE_NS))
    }
    assert.deepEqual(upgrades, [false, false, true])
  })
})
