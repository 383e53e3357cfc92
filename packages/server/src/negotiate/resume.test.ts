import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Element } from '@rookery/protocol/xml'
import { feature } from '@rookery/server'
import { HOST, type MemoryClient, type MemoryServer, memoryServer, turns } from '../../test/memory-server.ts'
import { authenticate, BIND2, bindWith, opened, PHONE, tryLogin } from '../../test/sasl2-client.ts'

const SM = 'urn:xmpp:sm:3'
const enable = `<enable xmlns='${SM}' resume='true'/>`
const login = (inline: string) => authenticate('romeo', { agent: PHONE, inline })

/** A session that can be resumed: its client, its id, its features. */
async function managed(
  server: MemoryServer,
): Promise<{ client: MemoryClient; id: string; jid: string; success: Element }> {
  const { client, answer } = await tryLogin(server, 'romeo', login(bindWith(`<tag>Lute</tag>${enable}`)))
  const enabled = answer.child('bound', BIND2)?.child('enabled', SM)
  assert.ok(enabled)
  assert.equal((await client.next())?.name, 'features')
  return { client, id: enabled.attr('id')!, jid: client.jid, success: answer }
}

const resume = (id: string, h = 0) => `<resume xmlns='${SM}' previd='${id}' h='${h}'/>`

describe('stream management with the login (XEP-0198 8)', () => {
  test('is offered for binding and for resuming', async () => {
    await using server = await memoryServer()
    const { features } = await opened(server, 'romeo')
    const inline = features!.child('authentication', 'urn:xmpp:sasl:2')!.child('inline')!
    assert.ok(inline.child('sm', SM))
    const offered = inline.child('bind', BIND2)?.child('inline')?.childElements()
    assert.ok(offered?.some((each) => each.attr('var') === SM))
  })

  test('counts what was sent to the session before its client knew of it', async () => {
    const early = feature({
      name: 'early',
      summary: 'x',
      specifications: [],
      needs: [],
      start: () => ({
        bound(session) {
          session.sendWire("<presence from='early@x'/>")
          return turns(2).then(() => undefined)
        },
      }),
    })
    await using server = await memoryServer({ plugins: [early] })
    for (const [h, ends] of [
      [1, false],
      [2, true],
    ] as const) {
      const { client } = await managed(server)
      assert.equal((await client.next())?.attr('from'), 'early@x')
      client.send(`<a xmlns='${SM}' h='${h}'/><iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>`)
      if (ends) await client.closed()
      else assert.equal((await client.ask("<iq type='get' id='q'><ping xmlns='urn:xmpp:ping'/></iq>")).name, 'iq')
      assert.equal(client.streamError !== undefined, ends)
    }
  })

  test('resumes instead of binding, and no features follow [XEP-0198 8.2]', async () => {
    await using server = await memoryServer()
    const { client, id, jid } = await managed(server)
    client.destroy()
    await turns()
    const juliet = await server.login('juliet')
    juliet.send(`<message to='${jid}' type='chat'><body>while away</body></message>`)
    await juliet.all()
    const again = await tryLogin(server, 'romeo', login(resume(id) + bindWith('<tag>Other</tag>')))
    assert.equal(again.answer.name, 'success')
    assert.equal(again.answer.childText('authorization-identifier'), `romeo@${HOST}`)
    assert.equal(again.answer.child('resumed', SM)?.attr('previd'), id)
    assert.equal(again.answer.child('bound', BIND2), undefined)
    // what was missed comes at once, and nothing before it
    const first = await again.client.next()
    assert.equal(first?.childText('body'), 'while away')
    assert.equal(first?.attr('to'), jid)
  })

  test('that cannot be resumed is said, and a resource bound all the same [XEP-0386 3.2]', async () => {
    await using server = await memoryServer()
    const { answer, client } = await tryLogin(server, 'romeo', login(resume('nonsense') + bindWith(enable)))
    assert.equal(answer.child('failed', SM)?.firstElement()?.name, 'item-not-found')
    assert.ok(answer.child('bound', BIND2)?.child('enabled', SM))
    assert.match(client.jid, /\/./)
    assert.equal((await client.next())?.name, 'features')
  })

  test('that is asked for in a wrong way is not resumed, and a resource bound all the same [XEP-0198 6]', async () => {
    await using server = await memoryServer()
    const { id } = await managed(server)
    const wrong = `<resume xmlns='${SM}' previd='${id}'/>`
    const { answer } = await tryLogin(server, 'romeo', authenticate('romeo', { inline: wrong + bindWith(enable) }))
    assert.equal(answer.child('failed', SM)?.firstElement()?.name, 'bad-request')
    assert.ok(answer.child('bound', BIND2)?.child('enabled', SM))
  })

  test('that cannot be resumed, with nothing else asked for, leaves the stream to be bound', async () => {
    await using server = await memoryServer()
    const { answer, client } = await tryLogin(server, 'romeo', login(resume('nonsense')))
    assert.ok(answer.child('failed', SM))
    assert.equal(answer.childText('authorization-identifier'), `romeo@${HOST}`)
    assert.ok((await client.next())?.child('bind', 'urn:ietf:params:xml:ns:xmpp-bind'))
  })

  test('of somebody else is not resumed', async () => {
    await using server = await memoryServer()
    const { id, client } = await managed(server)
    const { answer } = await tryLogin(server, 'juliet', authenticate('juliet', { inline: resume(id) }))
    assert.ok(answer.child('failed', SM))
    assert.equal((await client.ask("<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>")).attr('type'), 'result')
  })

  test('is not touched by a login that fails [S48]', async () => {
    await using server = await memoryServer()
    const { id, client } = await managed(server)
    const wrong = authenticate('romeo', { initial: '\0romeo\0wrong', inline: resume(id) })
    const { answer } = await tryLogin(server, 'romeo', wrong)
    assert.equal(answer.name, 'failure')
    assert.equal((await client.ask("<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>")).attr('type'), 'result')
  })

  test('by the same client, which has lost its session, replaces that', async () => {
    await using server = await memoryServer()
    const first = await managed(server)
    first.client.destroy()
    await turns()
    const second = await managed(server)
    assert.equal(second.jid, first.jid)
    const { answer } = await tryLogin(server, 'romeo', authenticate('romeo', { inline: resume(first.id) }))
    assert.ok(answer.child('failed', SM))
  })
})
