import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { StanzaError } from '@rookery/protocol/stanza'
import { type Element, el } from '@rookery/protocol/xml'
import { ConfigError, createServer, feature, type IqRequest, type IqRoute } from '@rookery/server'
import { conditionOf, memoryServer, turns } from '../test/memory-server.ts'

const payload = { name: 'query', ns: 'urn:test' }

function answering(...iq: IqRoute[]) {
  return feature({ name: 'tested', summary: 'Of a test.', specifications: [], needs: [], start: () => ({ iq }) })
}

const ask = (to: string | undefined, type = 'get', id = 'q'): string =>
  `<iq type='${type}' id='${id}'${to === undefined ? '' : ` to='${to}'`}><query xmlns='urn:test'/></iq>`

/** What came back, in words. */
const said = (answer: Element): string =>
  answer.attr('type') === 'error' ? `${conditionOf(answer)}` : `result ${answer.firstElement()?.name ?? 'empty'}`

describe('an answer', () => {
  const answers: Record<string, [IqRoute['handle'], string]> = {
    'a payload': [() => el('found', 'urn:test'), 'result found'],
    'a payload, late': [() => turns(1).then(() => el('found', 'urn:test')), 'result found'],
    nothing: [() => undefined, 'result empty'],
    'nothing, late': [() => turns(1).then(() => undefined), 'result empty'],
    'an error': [() => new StanzaError('conflict'), 'conflict'],
    'an error, late': [() => turns(1).then(() => new StanzaError('conflict')), 'conflict'],
    'an error that is thrown': [
      () => {
        throw new StanzaError('conflict')
      },
      'conflict',
    ],
    'an error that is thrown, late': [() => Promise.reject(new StanzaError('conflict')), 'conflict'],
    'a fault': [
      () => {
        throw new TypeError('boom')
      },
      'internal-server-error',
    ],
    'a fault, late': [() => turns(1).then(() => Promise.reject(new TypeError('boom'))), 'internal-server-error'],
  }
  for (const [name, [handle, expected]] of Object.entries(answers))
    test(`${name}: comes once, and the session goes on (S136)`, async () => {
      const plugin = answering(
        { type: 'get', at: 'host', payload, handle },
        { type: 'get', at: 'account', payload, handle },
      )
      await using server = await memoryServer({ plugins: [plugin] })
      const romeo = await server.login('romeo')
      for (const to of ['localhost', 'romeo@localhost', undefined]) {
        romeo.send(ask(to))
        const [answer, ...more] = await romeo.all()
        assert.ok(answer)
        assert.equal(said(answer), expected)
        assert.equal(answer.attr('id'), 'q')
        assert.equal(answer.attr('from'), to ?? 'romeo@localhost')
        assert.equal(answer.attr('to'), romeo.jid)
        assert.deepEqual(more, [])
      }
    })

  test('is in the order of the requests, however long each takes', async () => {
    const handle = (request: IqRequest) => (request.iq.id === 'slow' ? turns(3).then(() => undefined) : undefined)
    await using server = await memoryServer({ plugins: [answering({ type: 'get', at: 'host', payload, handle })] })
    const romeo = await server.login('romeo')
    romeo.send(ask('localhost', 'get', 'slow') + ask('localhost', 'get', 'fast'))
    assert.deepEqual(
      (await romeo.all()).map((answer) => answer.attr('id')),
      ['slow', 'fast'],
    )
  })

  test('is written down when it is a fault', async () => {
    const errors: object[] = []
    const quiet = () => undefined
    const log = { debug: quiet, info: quiet, warn: quiet, error: (fields: object) => void errors.push(fields) }
    const boom = new TypeError('boom')
    const handle = () => Promise.reject(boom)
    const plugins = [answering({ type: 'get', at: 'host', payload, handle })]
    await using server = await memoryServer({ plugins, log })
    const romeo = await server.login('romeo')
    await romeo.ask(ask('localhost'))
    assert.deepEqual(errors, [{ payload: 'urn:test', error: boom }])
  })
})

describe('a request', () => {
  test('finds its route by type, payload and kind of address', async () => {
    const route = (type: 'get' | 'set', at: 'host' | 'account'): IqRoute => ({
      type,
      at,
      payload,
      handle: () => el(`${type}-${at}`, 'urn:test'),
    })
    const plugin = answering(route('get', 'host'), route('set', 'host'), route('get', 'account'))
    await using server = await memoryServer({ plugins: [plugin] })
    const romeo = await server.login('romeo')
    const to = { host: 'localhost', account: 'romeo@localhost' }
    assert.equal(said(await romeo.ask(ask(to.host))), 'result get-host')
    assert.equal(said(await romeo.ask(ask(to.host, 'set'))), 'result set-host')
    assert.equal(said(await romeo.ask(ask(to.account))), 'result get-account')
    assert.equal(said(await romeo.ask(ask(to.account, 'set'))), 'service-unavailable')
    assert.equal(said(await romeo.ask(ask('localhost/desk'))), 'service-unavailable')
    for (const child of [`<query xmlns='urn:other'/>`, `<Query xmlns='urn:test'/>`, `<query/>`])
      assert.equal(said(await romeo.ask(`<iq type='get' id='q' to='localhost'>${child}</iq>`)), 'service-unavailable')
  })

  test('of an unknown payload is answered, whoever it is to [RFC6120 8.4]', async () => {
    await using server = await memoryServer()
    const romeo = await server.login('romeo')
    for (const to of ['localhost', 'romeo@localhost', 'juliet@localhost', 'juliet@localhost/one', undefined])
      for (const type of ['get', 'set']) assert.equal(said(await romeo.ask(ask(to, type))), 'service-unavailable')
  })

  test('of the wrong shape is a bad one [RFC6120 8.2.3]', async () => {
    await using server = await memoryServer()
    const romeo = await server.login('romeo')
    for (const iq of [
      `<iq id='q' to='localhost'><query xmlns='urn:test'/></iq>`,
      `<iq type='query' id='q' to='localhost'><query xmlns='urn:test'/></iq>`,
      `<iq type='get' id='q' to='localhost'/>`,
      `<iq type='set' id='q'/>`,
      `<iq type='get' id='q' to='localhost'><a xmlns='urn:a'/><b xmlns='urn:b'/></iq>`,
    ])
      assert.equal(said(await romeo.ask(iq)), 'bad-request', iq)
    romeo.send(`<iq type='get' to='localhost'><query xmlns='urn:test'/></iq>`)
    assert.deepEqual((await romeo.all()).map(said), ['bad-request'])
  })

  test('answers and errors nobody asked for are dropped, whoever they are to [RFC6120 8.3.1]', async () => {
    await using server = await memoryServer()
    const romeo = await server.login('romeo')
    for (const to of [
      'localhost',
      'localhost/x',
      'romeo@localhost',
      'nobody@localhost',
      'nobody@localhost/x',
      'x.example',
    ])
      for (const type of ['result', 'error']) romeo.send(`<iq type='${type}' id='q' to='${to}'/>`)
    romeo.send(`<iq type='result' id='q'/>`)
    assert.deepEqual(await romeo.all(), [])
  })

  test('to a resource is for its client, whatever the server could answer [RFC6121 8.5.3.1]', async () => {
    const handle = () => assert.fail('asked')
    await using server = await memoryServer({ plugins: [answering({ type: 'get', at: 'account', payload, handle })] })
    const one = await server.login('romeo', 'one')
    const two = await server.login('romeo', 'two')
    one.send(ask('romeo@localhost/two'))
    await one.all()
    assert.deepEqual(
      (await two.all()).map((iq) => `${iq.attr('from')} ${iq.firstElement()?.ns}`),
      ['romeo@localhost/one urn:test'],
    )
  })
})

describe('who may ask', () => {
  const route = (from: IqRoute['from'], at: 'host' | 'account', refusal?: StanzaError): IqRoute => ({
    type: 'get',
    at,
    payload,
    handle: (request) => el('found', 'urn:test', { from: request.from.toString(), to: request.to.toString() }),
    ...(from === undefined ? {} : { from }),
    ...(refusal === undefined ? {} : { refusal }),
  })

  /** What the owner, somebody else, and somebody on another host are told by juliet's account, and of one that is not there. */
  async function asked(...routes: IqRoute[]): Promise<Record<string, string>> {
    await using server = await memoryServer({ plugins: [answering(...routes)], hosts: ['localhost', 'example.test'] })
    const juliet = await server.login('juliet')
    const romeo = await server.login('romeo')
    return {
      owner: said(await juliet.ask(ask('juliet@localhost'))),
      other: said(await romeo.ask(ask('juliet@localhost'))),
      nobody: said(await romeo.ask(ask('nobody@localhost'))),
      host: said(await romeo.ask(ask('localhost'))),
      elsewhere: said(await romeo.ask(ask('example.test'))),
    }
  }
  const no = 'service-unavailable'
  const yes = 'result found'

  test('an account: its owner, unless told otherwise', async () => {
    const owner = { owner: yes, other: no, nobody: no, host: no, elsewhere: no }
    assert.deepEqual(await asked(route(undefined, 'account')), owner)
    assert.deepEqual(await asked(route('owner', 'account')), owner)
    assert.deepEqual(await asked(route('subscriber', 'account')), owner)
    assert.deepEqual(await asked(route('anyone', 'account')), { ...owner, other: yes })
  })

  test('a host: anybody, unless it is for its own users', async () => {
    const anybody = { owner: no, other: no, nobody: no, host: yes, elsewhere: yes }
    assert.deepEqual(await asked(route(undefined, 'host')), anybody)
    assert.deepEqual(await asked(route('local', 'host')), { ...anybody, elsewhere: no })
  })

  test('the others are told the same, whether the account exists or not', async () => {
    const given = await asked(route('owner', 'account', new StanzaError('forbidden')))
    assert.deepEqual([given['other'], given['nobody']], ['forbidden', 'forbidden'])
  })
})

describe('routes', () => {
  test('two for the same thing stop the start, naming the feature and the thing', async () => {
    const route: IqRoute = { type: 'get', at: 'host', payload, handle: () => undefined }
    const server = await createServer({ plugins: [answering(route, route)] })
    await assert.rejects(server.open(), /tested.*get host \{urn:test\}query/)
    const taken = { ...route, payload: { name: 'ping', ns: 'urn:xmpp:ping' } }
    await assert.rejects((await createServer({ plugins: [answering(taken)] })).open(), /tested.*urn:xmpp:ping/)
  })

  test('two rooms for presence stop the start', async () => {
    const presence = { outbound: () => undefined, inbound: () => undefined }
    const second = feature({
      name: 'second',
      summary: 'Of a test.',
      specifications: [],
      needs: [],
      start: () => ({ presence }),
    })
    await assert.rejects((await createServer({ plugins: [second] })).open(), /second/)
  })

  test('a missing service stops the start, naming who needs it', async () => {
    const server = await createServer({ features: { roster: false } })
    await assert.rejects(server.open(), (error) => error instanceof ConfigError && /roster/.test(error.message))
  })
})
