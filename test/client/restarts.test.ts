/**
 * The server is restarted and killed while two people write to each other, tokens expire, acknowledgements come twice, and the clock jumps: every
 * message arrives once, in order, and its sender is told.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { archive, chat, connect, createClient, type Fate, memoryStore, presence, roster } from '@rookery/client/node'
import { HostileServer } from './harness/hostile-server.ts'
import { startTarget } from './harness/targets.ts'
import { impatient } from './support/impatient.ts'

const rounds = 6
const perRound = 20

test('restarts and deaths of the server lose and double nothing', async () => {
  await using target = await startTarget('rookery')
  const use = [roster, presence, chat, archive] as const
  const people = []
  for (const local of ['romeo', 'juliet']) {
    const { jid, password } = await target.createAccount(local)
    const heard: string[] = []
    const client = await connect({
      jid,
      password,
      service: target.service.xmpps,
      tls: { ca: target.ca },
      use,
      platform: impatient,
    })
    client.on('chat', ({ body, isOwn }) => void (isOwn || heard.push(body ?? '')))
    people.push({ client, heard })
  }
  const [romeo, juliet] = people as [(typeof people)[0], (typeof people)[0]]
  const sent = []
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < perRound; i++) {
      const text = String(round * perRound + i)
      sent.push(romeo.client.chat.send('juliet@localhost', text), juliet.client.chat.send('romeo@localhost', text))
      if (i % 5 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    if (round % 2 === 0) await target.restart()
    else {
      await target.kill()
      await target.start()
    }
  }
  const signal = AbortSignal.timeout(60_000)
  for (const message of sent) await message.reached('delivered', { signal })
  const expected = Array.from({ length: rounds * perRound }, (_, i) => String(i))
  for (const { client, heard } of people) {
    assert.deepEqual(heard, expected)
    await client.close()
  }
})

test('acknowledgements that come twice and too late change nothing', async () => {
  await using server = await HostileServer.start()
  server.script.send = (element) =>
    element.name === 'a' ? [element, element.with({ h: '0' }), element, element] : element
  const { jid, password } = { jid: 'romeo@localhost', password: 'secret' }
  const options = {
    jid,
    password,
    service: server.service.xmpps,
    tls: { ca: server.trust.ca },
    use: [chat] as const,
  }
  await using client = await connect(options)
  const fates: Fate[] = []
  for (let i = 0; i < 20; i++) {
    const message = client.chat.send('juliet@localhost', String(i))
    message.onChange(({ fate }) => fates.push(fate))
    if (i % 4 === 0 || i === 19) await message.reached('acked')
  }
  assert.equal(fates.filter((fate) => fate === 'acked').length, 20)
  assert.equal(server.received('message').length, 20)
  assert.equal(server.connections.length, 1)
})

test('a clock that jumps, back or ahead, neither ends the session nor forgets the token', async () => {
  await using server = await HostileServer.start({ sasl2: true, fast: true })
  let offset = 0
  const clock = { ...impatient.clock, now: () => Date.now() + offset }
  const options = {
    jid: 'romeo@localhost',
    password: 'secret',
    service: server.service.xmpps,
    tls: { ca: server.trust.ca },
    platform: { ...impatient, clock },
    store: memoryStore(),
    use: [chat] as const,
  }
  const client = await connect(options)
  for (const jump of [-86_400_000 * 400, 86_400_000 * 400, 0]) {
    offset = jump
    const before = client.chat.send('juliet@localhost', `at ${jump}`)
    server.connection.break()
    await before.reached('acked', { signal: AbortSignal.timeout(15_000) })
    assert.equal(client.state.name, 'online')
  }
  assert.equal(server.sessions.size, 1)
  await client.close()
  offset = 86_400_000 * 4_000 // the token has expired by this clock: whether it has is for the server to say
  await using again = await createClient({ ...options, password: undefined })
  await again.connect()
  assert.match(server.received('authenticate').at(-1)?.attr('mechanism') ?? '', /^HT-/)
})
