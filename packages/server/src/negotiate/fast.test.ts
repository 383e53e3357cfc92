import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createMemoryStorage } from '@rookery/storage/memory'
import { HOST, type MemoryServer, memoryServer } from '../../test/memory-server.ts'
import {
  authenticate,
  bindWith,
  byToken,
  FAST,
  failureIn,
  LAPTOP,
  PHONE,
  proof,
  tokenIn,
  tryLogin,
  wantToken,
} from '../../test/sasl2-client.ts'

const day = 86_400_000

/** Logs in by password and gives the token that came with it. */
async function firstToken(server: MemoryServer, local = 'romeo', agent = PHONE): Promise<string> {
  const { answer, client } = await tryLogin(server, local, authenticate(local, { agent, inline: wantToken }))
  await client.end()
  return tokenIn(answer)
}

/** What becomes of a login by token: its condition, or `success` with the new token if there is one. */
async function outcome(server: MemoryServer, sent: string, local = 'romeo'): Promise<string> {
  const { answer, client } = await tryLogin(server, local, sent)
  client.destroy()
  const token = answer.child('token', FAST)?.attr('token')
  return failureIn(answer) ?? (token === undefined ? answer.name : `${answer.name} ${token}`)
}

describe('a token (XEP-0484)', () => {
  test('is given to whoever asks for it, and lets the client in that it was given to', async () => {
    await using server = await memoryServer()
    const { answer } = await tryLogin(server, 'romeo', authenticate('romeo', { agent: PHONE, inline: wantToken }))
    assert.ok(tokenIn(answer).length >= 32)
    assert.equal(
      answer.child('token', FAST)?.attr('expiry'),
      new Date(server.clock.now() + 21 * day).toISOString().replace('.000Z', 'Z'),
    )
    const login = byToken('romeo', tokenIn(answer), "count='1'", { inline: bindWith('<tag>Lute</tag>') })
    const { client, answer: success } = await tryLogin(server, 'romeo', login)
    assert.equal(success.name, 'success')
    assert.match(client.jid, new RegExp(`^romeo@${HOST}/Lute/`))
    assert.equal(success.child('token', FAST), undefined)
    // the server proves that it knows the token, too
    assert.equal(Buffer.from(success.childText('additional-data')!, 'base64').length, 32)
  })

  test('is not given to a client without an id, for another mechanism, or where tokens are off', async () => {
    const given = async (options: Parameters<typeof memoryServer>[0], agent: string | undefined, mechanism: string) => {
      await using server = await memoryServer(options)
      const inline = `<request-token xmlns='${FAST}' mechanism='${mechanism}'/>`
      const { answer } = await tryLogin(server, 'romeo', authenticate('romeo', { agent, inline }))
      return `${answer.name} ${answer.child('token', FAST) !== undefined}`
    }
    assert.equal(await given({}, PHONE, 'HT-SHA-256-NONE'), 'success true')
    assert.equal(await given({}, undefined, 'HT-SHA-256-NONE'), 'success false')
    assert.equal(await given({}, PHONE, 'HT-SHA-256-EXPR'), 'success false')
    assert.equal(await given({}, PHONE, 'PLAIN'), 'success false')
    assert.equal(await given({ auth: { tokenDays: 0 } }, PHONE, 'HT-SHA-256-NONE'), 'success false')
  })

  test('is worth nothing to another client, another account, without <fast/>, or bent', async () => {
    await using server = await memoryServer()
    const token = await firstToken(server)
    await firstToken(server, 'juliet')
    const withoutFast = authenticate('romeo', {
      mechanism: 'HT-SHA-256-NONE',
      initial: proof('romeo', token),
      agent: PHONE,
    })
    assert.equal(await outcome(server, byToken('romeo', token, '', { agent: LAPTOP })), 'not-authorized')
    assert.equal(await outcome(server, byToken('juliet', token), 'juliet'), 'not-authorized')
    assert.equal(await outcome(server, byToken('nobody', token)), 'not-authorized')
    assert.equal(await outcome(server, withoutFast), 'invalid-mechanism')
    assert.equal(await outcome(server, byToken('romeo', `${token}x`)), 'not-authorized')
    assert.equal(
      await outcome(server, byToken('romeo', token).replace(/<user-agent.*user-agent>/, '')),
      'not-authorized',
    )
    assert.equal(await outcome(server, byToken('romeo', token)), 'success')
  })

  test('does not let an old login in once more: the counter has to grow [S47]', async () => {
    const storage = createMemoryStorage()
    let token = ''
    {
      await using server = await memoryServer({ storage })
      token = await firstToken(server)
      assert.equal(await outcome(server, byToken('romeo', token, "count='3'")), 'success')
      for (const count of [3, 2, 0])
        assert.equal(await outcome(server, byToken('romeo', token, `count='${count}'`)), 'not-authorized')
      assert.equal(await outcome(server, byToken('romeo', token, "count='4'")), 'success')
    }
    // it is durable before the login succeeds
    await using later = await memoryServer({ storage })
    assert.equal(await outcome(later, byToken('romeo', token, "count='4'")), 'not-authorized')
    assert.equal(await outcome(later, byToken('romeo', token, "count='5'")), 'success')
  })

  test('with the same counter is taken once, though it is shown twice at the same time [S47]', async () => {
    await using server = await memoryServer()
    const token = await firstToken(server)
    const login = byToken('romeo', token, "count='1'")
    const outcomes = await Promise.all([outcome(server, login), outcome(server, login)])
    assert.deepEqual(outcomes.sort(), ['not-authorized', 'success'])
  })

  test('that is a day old is replaced, and good until the new one is used [XEP-0484 3.5]', async () => {
    await using server = await memoryServer()
    const first = await firstToken(server)
    server.clock.advance(day)
    const second = (await outcome(server, byToken('romeo', first))).split(' ')[1]
    assert.ok(second)
    // the answer was lost: the client comes with the old one, and gets another; the one that was lost is gone
    const third = (await outcome(server, byToken('romeo', first))).split(' ')[1]
    assert.ok(third)
    assert.equal(await outcome(server, byToken('romeo', second)), 'not-authorized')
    assert.equal(await outcome(server, byToken('romeo', third)), 'success')
    assert.equal(await outcome(server, byToken('romeo', first)), 'not-authorized')
    assert.equal(await outcome(server, byToken('romeo', third)), 'success')
  })

  test('that has expired is refused so that the client knows to log in another way [XEP-0484 5.2]', async () => {
    await using server = await memoryServer({ auth: { tokenDays: 0.5 }, limits: { authFailuresPerAddress: 1 } })
    const token = await firstToken(server)
    server.clock.advance(day / 2)
    assert.equal(await outcome(server, byToken('romeo', token)), 'credentials-expired')
    // which was no guess, and does not count as one
    assert.equal(await outcome(server, byToken('romeo', token)), 'credentials-expired')
    assert.equal(await outcome(server, authenticate('romeo')), 'success')
  })

  test('is invalid after a login that says so, unless another is asked for [XEP-0484 3.6]', async () => {
    await using server = await memoryServer()
    const first = await firstToken(server)
    server.clock.advance(day)
    assert.equal(await outcome(server, byToken('romeo', first, "invalidate='true'")), 'success')
    assert.equal(await outcome(server, byToken('romeo', first)), 'credentials-expired')
    const second = await firstToken(server)
    const swap = byToken('romeo', second, "invalidate='1'", { inline: wantToken })
    const third = (await outcome(server, swap)).split(' ')[1]
    assert.ok(third)
    assert.equal(await outcome(server, byToken('romeo', second)), 'credentials-expired')
    assert.equal(await outcome(server, byToken('romeo', third)), 'success')
    assert.equal(await outcome(server, byToken('romeo', second)), 'not-authorized')
  })

  test('ends with the password it was got by [S52]', async () => {
    await using server = await memoryServer()
    const token = await firstToken(server)
    await server.server.accounts(HOST).setPassword('romeo', 'secret-romeo')
    assert.equal(await outcome(server, byToken('romeo', token)), 'credentials-expired')
    const next = await firstToken(server)
    assert.equal(await outcome(server, byToken('romeo', next)), 'success')
    // also where the change was not seen by this process
    const kept = (await server.stores.accounts.get('romeo'))?.credentials[0]
    assert.ok(kept)
    const storage = server.storage
    await server.server.stop()
    await storage.open()
    await storage.host(HOST).accounts.setCredentials('romeo', [{ ...kept, salt: new Uint8Array([1, 2, 3]) }])
    await using later = await memoryServer({ storage })
    assert.equal(await outcome(later, byToken('romeo', next)), 'credentials-expired')
  })

  test('ends with the account: who has its name next has no token [S52]', async () => {
    await using server = await memoryServer()
    const token = await firstToken(server)
    await server.server.accounts(HOST).remove('romeo')
    assert.equal(await outcome(server, byToken('romeo', token)), 'not-authorized')
    assert.equal(await outcome(server, byToken('romeo', token)), 'not-authorized')
  })

  test('outlives the process', async () => {
    const storage = createMemoryStorage()
    let token = ''
    {
      await using server = await memoryServer({ storage })
      token = await firstToken(server)
    }
    await using later = await memoryServer({ storage })
    assert.equal(await outcome(later, byToken('romeo', token)), 'success')
  })

  test('of a client that many others have come after is forgotten', async () => {
    await using server = await memoryServer({ auth: { clients: 3 } })
    const agent = (i: number) => `7a3f0c52-88d1-4c5e-9b0a-00000000000${i}`
    const tokens: string[] = []
    for (let i = 0; i < 5; i++) {
      tokens.push(await firstToken(server, 'romeo', agent(i)))
      server.clock.advance(1000)
    }
    const outcomes = []
    for (const [i, token] of tokens.entries())
      outcomes.push(await outcome(server, byToken('romeo', token, '', { agent: agent(i) })))
    assert.deepEqual(outcomes, ['not-authorized', 'not-authorized', 'success', 'success', 'success'])
  })

  test('of a client that was not seen for long is forgotten', async () => {
    await using server = await memoryServer({ auth: { clientDays: 1 } })
    const token = await firstToken(server)
    server.clock.advance(day + 1)
    assert.equal(await outcome(server, byToken('romeo', token)), 'not-authorized')
  })

  test('is kept without the id of the client, and without its names where those are not wanted', async () => {
    for (const clientNames of [true, false]) {
      await using server = await memoryServer({ auth: { clientNames } })
      await firstToken(server)
      const kept = (await server.stores.documents.get('romeo', 'auth:clients')) ?? ''
      assert.ok(kept.includes('HT-SHA-256-NONE'))
      assert.ok(!kept.includes(PHONE))
      assert.equal(kept.includes('Lute'), clientNames)
    }
  })

  test('that cannot be read is as if it were not there', async () => {
    const storage = createMemoryStorage()
    let token = ''
    {
      await using server = await memoryServer({ storage })
      token = await firstToken(server)
    }
    await storage.open()
    await storage.host(HOST).documents.put('romeo', 'auth:clients', 'torn {')
    await using later = await memoryServer({ storage })
    assert.equal(await outcome(later, byToken('romeo', token)), 'not-authorized')
    assert.match(await outcome(later, authenticate('romeo', { agent: PHONE, inline: wantToken })), /^success ./)
  })

  test('that cannot be written down is not given, and one that is used is not taken; a password lets in all the same', async () => {
    const storage = createMemoryStorage()
    let isFull = false
    const documents = storage.host(HOST).documents
    const put = documents.put.bind(documents)
    documents.put = (...given) => (isFull ? Promise.reject(new Error('the disk is full')) : put(...given))
    const failing = { ...storage.host(HOST), documents }
    await using server = await memoryServer({
      storage: { open: () => storage.open(), close: () => storage.close(), host: () => failing },
    })
    const token = await firstToken(server)
    isFull = true
    assert.equal(await outcome(server, byToken('romeo', token, "count='1'")), 'temporary-auth-failure')
    const login = authenticate('romeo', { agent: LAPTOP, inline: wantToken + bindWith() })
    assert.equal(await outcome(server, login), 'success')
  })

  test('a wrong one counts as a failed login', async () => {
    await using server = await memoryServer({ limits: { authFailuresPerStream: 1 } })
    const { client, answer } = await tryLogin(server, 'romeo', byToken('romeo', 'wrong'))
    assert.equal(failureIn(answer), 'not-authorized')
    await client.closed()
    assert.equal(client.streamError, 'policy-violation')
  })
})
