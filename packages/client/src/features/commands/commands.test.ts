import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type DataForm, makeField } from '@rookery/protocol/forms'
import { StanzaError } from '@rookery/protocol/stanza'
import { COMMANDS_NS, commandRequest } from '@rookery/protocol/xeps/commands'
import { type Element, el } from '@rookery/protocol/xml'
import { startTestServer } from '@rookery/testkit'
import { acquaint, online } from '../../../test/online.ts'
import { type CommandInfo, commands, disco, type RequestError, UnsupportedError, UsageError } from '../../index.ts'
import { nodePlatform } from '../../node/index.ts'

const form = (type: DataForm['type'], ...names: string[]): DataForm => ({
  type,
  instructions: [],
  fields: names.map((name) => makeField(name, 'text-single', [])),
  items: [],
})
const result = (name: string, value: string): DataForm => ({
  type: 'result',
  instructions: [],
  fields: [makeField(name, 'text-single', [value])],
  items: [],
})
const allowed = (): boolean => true

async function pair() {
  const server = await startTestServer()
  const romeo = await online(server, [commands, disco])
  const juliet = await online(server, [commands])
  await acquaint(romeo, juliet)
  const stop = async (): Promise<void> => {
    await Promise.all([romeo.close(), juliet.close()])
    await server.stop()
  }
  return { server, romeo, juliet, [Symbol.asyncDispose]: stop }
}

const specific = (name: string) => (error: unknown) => {
  assert.equal(((error as RequestError).application as Element | undefined)?.name, name)
  return true
}

describe('commands between clients', () => {
  test('are listed for those who may, and described', async () => {
    await using both = await pair()
    const { romeo, juliet } = both
    juliet.commands.offer({ node: 'open', name: 'Open the door', allowed, run: () => undefined })
    juliet.commands.offer({ node: 'hidden', name: 'Mine alone', run: () => undefined })
    const list: CommandInfo[] = []
    for await (const command of romeo.commands.list(juliet.jid!)) list.push(command)
    assert.deepEqual(
      list.map(({ jid, node, name }) => [jid.toString(), node, name]),
      [[juliet.jid!.toString(), 'open', 'Open the door']],
    )
    const info = await romeo.disco.info(juliet.jid!, { node: 'open' })
    assert.deepEqual(info.identities, [{ category: 'automation', type: 'command-node', name: 'Open the door' }])
    await assert.rejects(romeo.disco.info(juliet.jid!, { node: 'hidden' }), { condition: 'item-not-found' })
    await assert.rejects(romeo.commands.execute(juliet.jid!, 'hidden'), { condition: 'forbidden' })
    await assert.rejects(romeo.commands.execute(juliet.jid!, 'none'), { condition: 'item-not-found' })
  })

  test('of one step are done with it', async () => {
    await using both = await pair()
    const { romeo, juliet } = both
    juliet.commands.offer({
      node: 'greet',
      name: 'Greet',
      allowed,
      run: async (dialogue) => {
        const reply = await dialogue.ask({
          title: 'Whom?',
          instructions: 'Say who.',
          fields: [
            { var: 'who', label: 'Name', required: true },
            { var: 'how', type: 'list-single', options: [{ value: 'low' }] },
          ],
        })
        return { form: { fields: [{ var: 'greeting', values: [`Good morrow, ${reply.value('who')}.`] }] } }
      },
    })
    const greet = await romeo.commands.execute(juliet.jid!, 'greet')
    assert.deepEqual(
      [greet.form?.type, greet.form?.title, greet.form?.instructions, greet.form?.fields.map((field) => field.var)],
      ['form', 'Whom?', ['Say who.'], ['who', 'how']],
    )
    await greet.complete({ who: 'nurse' })
    assert.equal(greet.form?.type, 'result')
    assert.equal(greet.value('greeting'), 'Good morrow, nurse.')
    juliet.commands.offer({
      node: 'open',
      name: 'Open',
      allowed,
      run: ({ from }) => ({
        form: result('for', from.bare.toString()),
        notes: [{ type: 'info', text: 'It is open.' }],
      }),
    })
    const session = await romeo.commands.execute(juliet.jid!, 'open')
    assert.equal(session.status, 'completed')
    assert.deepEqual(session.notes, [{ type: 'info', text: 'It is open.' }])
    assert.equal(session.value('for'), romeo.jid!.bare.toString())
    assert.deepEqual(session.allowed, [])
    await assert.rejects(session.next(), UsageError)
  })

  test('go forward, back and to their end', async () => {
    await using both = await pair()
    const { romeo, juliet } = both
    juliet.commands.offer({
      node: 'config',
      name: 'Configure',
      allowed,
      run: async (dialogue) => {
        for (;;) {
          const service = await dialogue.ask(form('form', 'service'), { allowed: ['next'] })
          const level = await dialogue.ask(form('form', 'level'), { allowed: ['prev', 'complete'] })
          if (level.step === 'complete')
            return { form: result('done', `${service.value('service')}: ${level.values('level').join()}`) }
        }
      },
    })
    const session = await romeo.commands.execute(juliet.jid!, 'config')
    assert.equal(session.status, 'executing')
    assert.equal(session.form?.fields[0]?.var, 'service')
    assert.deepEqual([session.allowed, session.usual], [['next'], 'next'])
    await assert.rejects(session.complete({ service: 'x' }), UsageError)
    await session.next({ service: 'httpd' })
    assert.deepEqual([session.allowed, session.usual], [['prev', 'complete'], 'complete'])
    await session.prev()
    assert.equal(session.form?.fields[0]?.var, 'service')
    await session.next({ service: 'xmppd' })
    await session.complete({ level: '3' })
    assert.equal(session.status, 'completed')
    assert.equal(session.value('done'), 'xmppd: 3')
  })

  test('can be cancelled, and fail', async () => {
    await using both = await pair()
    const { romeo, juliet } = both
    const cancelled = Promise.withResolvers<string>()
    juliet.commands.offer({
      node: 'long',
      name: 'Long',
      allowed,
      run: async (dialogue) => {
        await dialogue.ask(form('form', 'a')).catch((error: Error) => {
          cancelled.resolve(error.name)
          throw error
        })
        throw new StanzaError('not-allowed', { text: 'Not today.' })
      },
    })
    const first = await romeo.commands.execute(juliet.jid!, 'long')
    assert.equal((await first.cancel()).status, 'canceled')
    assert.equal(await cancelled.promise, 'AbortError')
    const second = await romeo.commands.execute(juliet.jid!, 'long')
    await assert.rejects(second.complete({ a: '1' }), { condition: 'not-allowed', text: 'Not today.' })
    await assert.rejects(second.complete({ a: '1' }), specific('bad-sessionid'))
  })

  test('belong to who began them, and to what they are', async () => {
    await using both = await pair()
    const { romeo, juliet, server } = both
    await using eve = await online(server, [])
    await acquaint(eve, juliet)
    let id: string | undefined
    juliet.commands.offer({
      node: 'a',
      name: 'A',
      allowed,
      run: async (dialogue) => void (await dialogue.ask(form('form', 'x'))),
    })
    const begun = await romeo.request('set', commandRequest.build({ node: 'a', payloads: [] }), { to: juliet.jid! })
    id = begun?.attr('sessionid')
    const step = (
      client: typeof romeo | typeof eve,
      node: string,
      action: 'complete' | 'prev' | 'execute' | 'cancel',
    ) => client.request('set', commandRequest.build({ node, sessionId: id, action, payloads: [] }), { to: juliet.jid! })
    await assert.rejects(step(eve, 'a', 'complete'), specific('bad-sessionid'))
    await assert.rejects(step(eve, 'a', 'cancel'), specific('bad-sessionid'))
    await assert.rejects(step(romeo, 'b', 'complete'), specific('bad-sessionid'))
    await assert.rejects(step(romeo, 'a', 'prev'), specific('bad-action'))
    const wrong = el('command', COMMANDS_NS, { node: 'a', action: 'explode' })
    await assert.rejects(romeo.request('set', wrong, { to: juliet.jid! }), specific('malformed-action'))
    assert.equal((await step(romeo, 'a', 'execute'))?.attr('status'), 'completed')
  })

  test('end when nobody goes on, also after a step that was refused', async () => {
    await using server = await startTestServer()
    const clocks: (() => void)[] = []
    const platform = {
      ...nodePlatform,
      clock: {
        ...nodePlatform.clock,
        after: (milliseconds: number, run: () => void) => {
          if (milliseconds !== 600_000) return nodePlatform.clock.after(milliseconds, run)
          clocks.push(run)
          return () => void clocks.splice(clocks.indexOf(run), 1)
        },
      },
    }
    await using romeo = await online(server, [commands])
    await using juliet = await online(server, [commands], { ...(await server.createAccount()), platform })
    await acquaint(romeo, juliet)
    const over = Promise.withResolvers<string>()
    juliet.commands.offer({
      node: 'a',
      name: 'A',
      allowed,
      run: async (dialogue) => {
        dialogue.signal.addEventListener('abort', () => over.resolve('over'))
        await dialogue.ask(form('form', 'x'))
        return undefined
      },
    })
    const session = await romeo.commands.execute(juliet.jid!, 'a')
    assert.equal(clocks.length, 1)
    await assert.rejects(session.step({ action: 'prev' }), specific('bad-action'))
    assert.equal(clocks.length, 1)
    for (const run of [...clocks]) run()
    assert.equal(await over.promise, 'over')
    await assert.rejects(session.complete(), specific('bad-sessionid'))
  })

  test('are not had by everybody', async () => {
    await using both = await pair()
    await using plain = await online(both.server, [])
    await acquaint(both.romeo, plain)
    await assert.rejects(both.romeo.commands.execute(plain.jid!, 'x'), UnsupportedError)
  })
})
