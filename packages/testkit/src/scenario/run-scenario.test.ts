import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseScenario } from './parse-scenario.ts'
import { runScenario } from './run-scenario.ts'
import { ScenarioError } from './scenario.ts'
import type { RawConnection, Target } from './target.ts'

/**
 * Just enough of a server to see what the runner makes of it: logs everybody in, answers pings, sends every message
 * back to its sender, and says more or less than that when a message asks for it.
 */
const parrot = (): Target => ({
  name: 'parrot',
  host: 'localhost',
  patience: 500,
  createAccount: async () => {},
  stop: async () => {},
  connect: async () => {
    const connection: RawConnection = {
      send: (wire) => setImmediate(() => answer(connection, wire)),
      onData: () => {},
      onClose: () => {},
      close: () => {},
      destroy: () => {},
    }
    return connection
  },
})

const opening =
  "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0'>"

const answer = (connection: RawConnection, wire: string): void => {
  const id = /id='([^']*)'/.exec(wire)?.[1]
  const say = (text: string): void => connection.onData(text)
  if (wire.includes('<stream:stream')) say(`${opening}<stream:features/>`)
  else if (wire.includes('<auth')) say("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
  else if (wire.includes('<bind')) {
    const jid = '<jid>romeo@localhost/orchard</jid>'
    say(`<iq type='result' id='${id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>${jid}</bind></iq>`)
  } else if (wire.includes('<ping')) say(`<iq type='result' id='${id}'/>`)
  else if (wire.includes('</stream:stream>')) say('</stream:stream>')
  else if (wire.includes('hush')) return
  else if (wire.includes('twice')) say(wire + wire)
  else if (wire.includes('die')) {
    const condition = "<conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
    say(`<stream:error>${condition}</stream:error></stream:stream>`)
    connection.onClose()
  } else say(wire)
}

const head = 'Title\n[RFC6120 1]\nRomeo is romeo@HOST/orchard\nRomeo connects\n'

const play = (steps: string): Promise<void> => runScenario(parseScenario('some.scenario', head + steps), parrot())

const failsWith = async (steps: string, line: number, text: string): Promise<void> => {
  await assert.rejects(play(steps), (error) => {
    assert.ok(error instanceof ScenarioError)
    assert.ok(error.message.includes(text), error.message)
    assert.equal(error.line, line)
    return true
  })
}

const say = (word: string): string => `Romeo sends:\n  <message id="1"><body>${word}</body></message>\n`
const hear = (word: string): string => `Romeo receives:\n  <message id="1"><body>${word}</body></message>\n`

test('passes when everything happens as written', async () => {
  await play(`${say('hello')}${hear('hello')}Romeo receives nothing\nRomeo disconnects\n`)
})

test('fails when something else comes, with the line, the difference and the last stanzas', async () => {
  await failsWith(say('hello') + hear('good bye'), 7, '<body/> says "hello", expected "good bye"')
  await failsWith(say('hello') + hear('good bye'), 7, '  Romeo > <message id="1"><body>hello</body></message>')
})

test('fails when nothing comes', async () => {
  await failsWith(say('hush') + hear('hush'), 7, 'got      nothing')
})

test('fails when more comes than expected, at the latest at the end', async () => {
  await failsWith(say('twice') + hear('twice'), 7, 'Romeo received what nobody expected')
  await failsWith(`${say('hello')}Romeo receives nothing\n`, 7, 'Romeo received what nobody expected')
})

test('fails when a stream ends that should not, or for another reason', async () => {
  await failsWith(`${say('die')}Romeo receives nothing\n`, 7, 'the connection has ended')
  await failsWith(`${say('die')}Romeo's stream ends with <reset/>\n`, 7, 'expected the stream error <reset/>')
  await play(`${say('die')}Romeo's stream ends with <conflict/>\n`)
})

test('forgets what may come at the next "receives nothing", not what is ignored', async () => {
  const may = 'Romeo may receive:\n  <message …><body>{any}</body></message>\n'
  await play(`${may}${say('hello')}Romeo receives nothing\n`)
  await failsWith(`${may}Romeo receives nothing\n${say('hello')}`, 8, 'Romeo received what nobody expected')
  await failsWith(may + say('twice'), 7, 'Romeo received what nobody expected')
  await play(`${may.replace('may receive', 'ignores')}Romeo receives nothing\n${say('twice')}`)
})

test('takes any order, and one of several, where that is written', async () => {
  const both = '  <message id="1"><body>b</body></message>\n  <message id="1"><body>a</body></message>\n'
  await play(`${say('a')}${say('b')}Romeo receives, in any order:\n${both}`)
  await failsWith(`${say('a')}${say('b')}Romeo receives:\n${both}`, 9, '<body/> says "a", expected "b"')
  await play(`${say('a')}Romeo receives one of:\n${both}`)
  await failsWith(`${say('c')}Romeo receives one of:\n${both}`, 7, 'or <message')
})

test('shows the addresses of the file, not those of the run', async () => {
  const sent = 'Romeo sends:\n  <message to="romeo@HOST/orchard"/>\n'
  await failsWith(`${sent}Romeo receives:\n  <message to="juliet@HOST"/>\n`, 7, 'is "romeo@localhost/orchard"')
})

test('complains about sentences nobody understands', async () => {
  await failsWith('Romeo sighs\n', 5, 'no sentence of scenarios/README.md reads like this: Romeo sighs')
  await failsWith('Juliet connects\n', 5, 'nobody was introduced as Juliet')
  await failsWith('Romeo receives:\n  <message>\n', 6, 'this block is not XML')
})
