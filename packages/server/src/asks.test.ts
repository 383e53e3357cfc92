import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NS } from '@rookery/protocol'
import { type Jid, jid } from '@rookery/protocol/jid'
import { errorOf, Iq, resultOf, StanzaError } from '@rookery/protocol/stanza'
import { el } from '@rookery/protocol/xml'
import { feature, TimeoutError } from '@rookery/server'
import { FakeClock } from '@rookery/testkit'
import { memoryServer, turns } from '../test/memory-server.ts'
import { Asks } from './asks.ts'

const host = jid('localhost')
const romeo = jid('romeo@localhost/one')
const payload = el('query', 'urn:test')

function asks(send?: (iq: Iq) => unknown) {
  const sent: Iq[] = []
  const clock = new FakeClock()
  let count = 0
  const random = { id: () => `id-${++count}`, bytes: (length: number) => new Uint8Array(length) }
  const made = new Asks(clock, random, (stanza) => {
    sent.push(stanza as Iq)
    return send?.(stanza as Iq)
  })
  return {
    asks: made,
    sent,
    clock,
    ask: (to: Jid = romeo, timeout = 1000) => made.ask(host, to, 'get', payload, timeout),
  }
}

const answer = (id: string, from: Jid | undefined, type: 'result' | 'error' = 'result'): Iq =>
  new Iq(el('iq', NS.client, { id, type }), from, host, type)

describe('a request of the server', () => {
  test('is answered by the one who was asked', async () => {
    const a = asks()
    const asked = a.ask()
    const [request] = a.sent
    assert.deepEqual([request?.type, request?.from, request?.to, request?.payload], ['get', host, romeo, payload])
    assert.equal(a.asks.answered(resultOf(request!, el('found', 'urn:test'))), true)
    assert.equal((await asked).payload?.name, 'found')
  })

  test('an error rejects as what it is', async () => {
    const a = asks()
    const asked = a.ask()
    const error = new StanzaError('forbidden', { text: 'no' })
    assert.equal(a.asks.answered(errorOf(a.sent[0]!, error) as Iq), true)
    await assert.rejects(asked, error)
  })

  test('nobody else can answer, nor twice (S54)', async () => {
    const a = asks()
    const asked = a.ask()
    const others = [
      'romeo@localhost',
      'romeo@localhost/two',
      'juliet@localhost/one',
      'localhost',
      'romeo@evil.example/one',
    ]
    for (const other of others) assert.equal(a.asks.answered(answer('id-1', jid(other))), false, other)
    assert.equal(a.asks.answered(answer('id-1', undefined)), false)
    assert.equal(a.asks.answered(answer('id-2', romeo)), false)
    assert.equal(a.asks.answered(new Iq(el('iq', NS.client, { type: 'result' }), romeo, host, 'result')), false)
    const right = answer('id-1', romeo)
    assert.equal(a.asks.answered(right), true)
    assert.equal(a.asks.answered(right), false)
    assert.equal(await asked, right)
  })

  test('answers of several are told apart', async () => {
    const a = asks()
    const all = [a.ask(), a.ask(jid('juliet@localhost/one')), a.ask()]
    for (const request of a.sent.toReversed()) a.asks.answered(resultOf(request))
    assert.deepEqual(
      (await Promise.all(all)).map((one) => one.id),
      ['id-1', 'id-2', 'id-3'],
    )
  })

  test('runs out of time, and a late answer is nobody’s', async () => {
    const a = asks()
    const asked = a.ask(romeo, 1000)
    a.clock.advance(999)
    const early = await Promise.race([asked, turns(1).then(() => 'nothing yet')])
    assert.equal(early, 'nothing yet')
    a.clock.advance(1)
    await assert.rejects(asked, (error) => error instanceof TimeoutError && /romeo@localhost\/one/.test(error.message))
    assert.equal(a.asks.answered(answer('id-1', romeo)), false)
  })

  test('that cannot be sent is refused at once', async () => {
    const late = asks(() => Promise.reject(new Error('storage')))
    await assert.rejects(late.ask(), /storage/)
    const thrown = asks(() => {
      throw new Error('boom')
    })
    await assert.rejects(thrown.ask(), /boom/)
    for (const a of [late, thrown]) assert.equal(a.asks.answered(answer('id-1', romeo)), false)
  })

  test('is over when the server stops', async () => {
    const a = asks()
    const asked = a.ask()
    a.asks.stop()
    await assert.rejects(asked, TimeoutError)
    a.clock.advance(10_000)
    assert.equal(a.asks.answered(answer('id-1', romeo)), false)
  })
})

describe('on its way', () => {
  /** A feature that asks whoever says something to the host. */
  const asker = (outcome: (text: string) => void) =>
    feature({
      name: 'asker',
      summary: 'Of a test.',
      specifications: [],
      needs: ['ask'],
      start: ({ ask }) => ({
        hostMessage: (message) => {
          ask(
            message.element.childText('body') === 'me' ? message.from! : jid('nobody@localhost'),
            'get',
            payload,
          ).then(
            (result) => outcome(`result of ${result.from}`),
            (error) => outcome(error instanceof StanzaError ? error.condition : error.name),
          )
          return true
        },
      }),
    })

  test('a client is asked, and its answer found', async () => {
    const outcomes: string[] = []
    await using server = await memoryServer({ plugins: [asker((text) => outcomes.push(text))] })
    const romeo = await server.login('romeo')
    const juliet = await server.login('juliet')
    romeo.send(`<message to='localhost'><body>me</body></message>`)
    const [request] = await romeo.all()
    assert.ok(request)
    assert.ok(request.child('query', 'urn:test'))
    const id = request.attr('id')
    juliet.send(`<iq type='result' id='${id}' to='localhost'/>`)
    assert.deepEqual(await juliet.all(), [])
    assert.deepEqual(outcomes, [])
    romeo.send(`<iq type='result' id='${id}' to='localhost'/>`)
    await romeo.all()
    assert.deepEqual(outcomes, ['result of romeo@localhost/one'])
  })

  test('an account that is not there answers at once', async () => {
    const outcomes: string[] = []
    await using server = await memoryServer({ plugins: [asker((text) => outcomes.push(text))] })
    const romeo = await server.login('romeo')
    romeo.send(`<message to='localhost'><body>nobody</body></message>`)
    await romeo.all()
    await turns()
    assert.deepEqual(outcomes, ['service-unavailable'])
  })

  test('who does not answer is not waited for', async () => {
    const outcomes: string[] = []
    await using server = await memoryServer({ plugins: [asker((text) => outcomes.push(text))] })
    const romeo = await server.login('romeo')
    romeo.send(`<message to='localhost'><body>me</body></message>`)
    await romeo.all()
    server.clock.advance(60_000)
    await turns()
    assert.deepEqual(outcomes, ['TimeoutError'])
  })
})
