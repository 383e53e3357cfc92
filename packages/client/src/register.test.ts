import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as NS from '@rookery/protocol/namespaces'
import { REGISTER_NS } from '@rookery/protocol/xeps/register'
import { type Element, el } from '@rookery/protocol/xml'
import { startTestServer } from '@rookery/testkit'
import { HostileServer } from '../../../test/client/harness/hostile-server.ts'
import { online } from '../test/online.ts'
import {
  ConnectError,
  connect,
  nodePlatform,
  type Platform,
  type RegisterOptions,
  RegistrationError,
  register,
  registration,
  UsageError,
} from './node/index.ts'

const reason = (expected: string) => (error: unknown) => {
  assert.ok(error instanceof RegistrationError, String(error))
  assert.equal(error.reason, expected)
  return true
}

describe('an account', () => {
  test('is made, gets another password, and is ended', async () => {
    await using server = await startTestServer({ features: { register: { open: true } } })
    const service = `xmpp://127.0.0.1:${server.port}`
    const jid = `juliet@${server.domain}`
    const account = { jid, password: 'first', service, plaintext: true }
    await register(account)
    await assert.rejects(register(account), reason('taken'))
    const shown: string[] = []
    await using juliet = await online(server, [registration], {
      ...account,
      trace: (_, element) => shown.push(`${element}`),
    })
    await juliet.registration.changePassword('second')
    assert.equal(shown.filter((text) => text.includes('second')).length, 0)
    await assert.rejects(connect(account), { kind: 'login' })
    await using again = await connect({ ...account, password: 'second', use: [registration] })
    await juliet.close()
    await again.registration.deleteAccount()
    await again.close()
    await assert.rejects(connect({ ...account, password: 'second' }), { kind: 'login' })
  })

  test('is not made where strangers are not taken, nor for nobody', async () => {
    await using server = await startTestServer()
    const service = `xmpp://127.0.0.1:${server.port}`
    const options = { jid: `juliet@${server.domain}`, password: 'x', service, plaintext: true }
    await assert.rejects(register(options), reason('closed'))
    await assert.rejects(register({ ...options, preauth: 'token' }), reason('closed'))
    await assert.rejects(register({ ...options, jid: server.domain }), UsageError)
    await assert.rejects(register({ ...options, plaintext: false }), ConnectError)
    await assert.rejects(register({ ...options, signal: AbortSignal.abort(new Error('no')) }), /no/)
  })
})

/** A server that asks what it is told to ask. */
async function asking(
  question: (asked: Element) => Element | 'refuse' | undefined,
  features: readonly Element[],
): Promise<{ server: HostileServer; asked: Element[] }> {
  const asked: Element[] = []
  const server = await HostileServer.start({
    startTls: 'absent',
    script: {
      features: (offers) => [...offers, ...features],
      receive(iq, connection) {
        const payload = iq.firstElement()
        if (iq.name !== 'iq' || payload === undefined) return
        asked.push(payload)
        const answer = question(payload)
        if (answer === 'refuse')
          connection.send(
            el('iq', NS.client, { type: 'error', id: iq.attr('id') }, [
              el('error', NS.client, { type: 'cancel' }, [el('item-not-found', NS.stanzaErrors)]),
            ]),
          )
        else connection.reply(iq, answer)
        return true
      },
    },
  })
  return { server, asked }
}

/** A clock on which the first time that is set is over when `late` is called. */
function timed(): { platform: Platform; late: () => void } {
  const times: (() => void)[] = []
  const after = (milliseconds: number, run: () => void): (() => void) => {
    times.push(run)
    return nodePlatform.clock.after(milliseconds, run)
  }
  return { platform: { ...nodePlatform, clock: { ...nodePlatform.clock, after } }, late: () => times[0]?.() }
}

const feature = el('register', 'http://jabber.org/features/iq-register')
const inviteFeature = el('register', 'urn:xmpp:ibr-token:0')
const options = (server: HostileServer) => ({
  jid: `juliet@${server.domain}`,
  password: 'secret',
  service: server.service.xmpp,
  plaintext: true,
})

describe('what a server asks for', () => {
  test('is answered in its form, with what a function finds in it', async () => {
    const x = el('x', 'jabber:x:data', { type: 'form' }, [
      el('field', 'jabber:x:data', { var: 'FORM_TYPE', type: 'hidden' }, [
        el('value', 'jabber:x:data', {}, REGISTER_NS),
      ]),
      ...['username', 'password', 'email'].map((name) =>
        el('field', 'jabber:x:data', { var: name, type: 'text-single' }),
      ),
    ])
    const blank = el('query', REGISTER_NS, {}, [el('instructions', REGISTER_NS, {}, 'Tell us.'), x])
    const { server, asked } = await asking((payload) => (payload.firstElement() ? undefined : blank), [feature])
    await using _ = server
    await register({
      ...options(server),
      answers: ({ fields, instructions, form }) => {
        assert.deepEqual(fields, ['FORM_TYPE', 'username', 'password', 'email'])
        assert.equal(instructions, 'Tell us.')
        assert.equal(form?.fields.length, 4)
        return { email: 'juliet@capulet.example' }
      },
    })
    const values = asked[1]
      ?.child('x', 'jabber:x:data')
      ?.childElements()
      .map((field) => [field.attr('var'), field.childText('value')])
    assert.deepEqual(values, [
      ['FORM_TYPE', REGISTER_NS],
      ['username', 'juliet'],
      ['password', 'secret'],
      ['email', 'juliet@capulet.example'],
    ])
  })

  test('is answered in plain fields, and nothing else is told', async () => {
    const blank = el(
      'query',
      REGISTER_NS,
      {},
      ['username', 'password', 'email'].map((name) => el(name, REGISTER_NS)),
    )
    const { server, asked } = await asking((payload) => (payload.firstElement() ? undefined : blank), [feature])
    await using _ = server
    await register({ ...options(server), answers: { email: 'j@x.example', phone: '555' } })
    assert.deepEqual(
      asked[1]
        ?.childElements()
        .map(({ name }) => name)
        .sort(),
      ['email', 'password', 'username'],
    )
  })

  test('may be nothing, which is no question', async () => {
    const { server } = await asking(() => undefined, [feature])
    await using _ = server
    await assert.rejects(register(options(server)), { kind: 'connect', reason: 'bad-answer' })
  })

  test('may be on a page', async () => {
    const oob = el('x', 'jabber:x:oob', {}, [el('url', 'jabber:x:oob', {}, 'https://example.org/join')])
    const { server } = await asking(() => el('query', REGISTER_NS, {}, [oob]), [feature])
    await using _ = server
    await assert.rejects(register(options(server)), (error) => {
      reason('elsewhere')(error)
      assert.equal((error as RegistrationError).url, 'https://example.org/join')
      return true
    })
  })

  test('may be whether one is a person: the page for that is told, before and after it refuses [XEP-0158 3.4]', async () => {
    const field = (name: string, type: string, ...values: string[]): Element =>
      el(
        'field',
        'jabber:x:data',
        { var: name, type },
        values.map((value) => el('value', 'jabber:x:data', {}, value)),
      )
    const x = el('x', 'jabber:x:data', { type: 'form' }, [
      field('FORM_TYPE', 'hidden', 'urn:xmpp:captcha'),
      field('challenge', 'hidden', 'F3A6292C'),
      field('username', 'text-single'),
      field('password', 'text-private'),
      field('ocr', 'text-single'),
    ])
    const oob = el('x', 'jabber:x:oob', {}, [el('url', 'jabber:x:oob', {}, 'https://example.org/human')])
    const blank = el('query', REGISTER_NS, {}, [x, oob])
    const { server, asked } = await asking((payload) => (payload.firstElement() ? 'refuse' : blank), [feature])
    await using _ = server
    const pages: (string | undefined)[] = []
    const answers: RegisterOptions['answers'] = ({ url }) => {
      pages.push(url)
      return { ocr: '7nHL3' }
    }
    await assert.rejects(register({ ...options(server), answers }), {
      kind: 'registration',
      reason: 'refused',
      url: 'https://example.org/human',
    })
    assert.deepEqual(pages, ['https://example.org/human'])
    const said = asked[1]?.child('x', 'jabber:x:data')?.childElements() ?? []
    const values = new Map(said.map((one) => [one.attr('var'), one.childText('value')]))
    assert.deepEqual([values.get('challenge'), values.get('ocr')], ['F3A6292C', '7nHL3'])
  })

  test('begins with the token of an invitation', async () => {
    const blank = el(
      'query',
      REGISTER_NS,
      {},
      ['username', 'password'].map((name) => el(name, REGISTER_NS)),
    )
    const { server, asked } = await asking(
      (payload) =>
        payload.name === 'preauth'
          ? payload.attr('token') === 'good'
            ? undefined
            : 'refuse'
          : payload.firstElement()
            ? undefined
            : blank,
      [inviteFeature],
    )
    await using _ = server
    await register({ ...options(server), preauth: 'good' })
    assert.deepEqual(
      asked.map(({ name }) => name),
      ['preauth', 'query', 'query'],
    )
    await assert.rejects(register({ ...options(server), preauth: 'bad' }), reason('bad-token'))
    await assert.rejects(register(options(server)), reason('closed'))
  })

  describe('of a person, who may take time', () => {
    const blank = el(
      'query',
      REGISTER_NS,
      {},
      ['username', 'password'].map((name) => el(name, REGISTER_NS)),
    )
    const patient = () => asking((payload) => (payload.firstElement() ? undefined : blank), [feature])

    test('as long as all of it may, wherever else the domain could be reached', async () => {
      const { server, asked } = await patient()
      await using _ = server
      const { service, ...others } = options(server)
      const tries = new Set<() => void>()
      const platform: Platform = {
        ...nodePlatform,
        discover: async () => [service, service, service],
        clock: {
          ...nodePlatform.clock,
          after: (milliseconds, run) => {
            if (milliseconds === 60_000) return nodePlatform.clock.after(milliseconds, run)
            tries.add(run)
            return () => tries.delete(run)
          },
        },
      }
      // whatever has a limit of its own is over by then
      const answers = (): Record<string, string> => {
        for (const end of tries) end()
        return {}
      }
      await register({ ...others, platform, answers })
      assert.equal(asked.length, 2)
    })

    for (const how of ['a signal', 'the time'] as const)
      test(`and is not waited for when ${how} ends it`, async () => {
        const { server, asked } = await patient()
        await using _ = server
        const controller = new AbortController()
        const { platform, late } = timed()
        const answers = (): Promise<never> => {
          if (how === 'the time') late()
          else controller.abort(new Error('mine'))
          return new Promise(() => undefined)
        }
        const { signal } = controller
        const registering = register({ ...options(server), platform, answers, signal, timeout: 5_000 })
        await assert.rejects(registering, how === 'the time' ? { reason: 'timeout' } : /mine/)
        assert.equal(asked.length, 1)
      })

    test('and is not waited for when the server has ended the connection: it cannot have made the account', async () => {
      const { server } = await patient()
      await using _ = server
      const answers = (): Promise<never> => {
        server.connection.break()
        return new Promise(() => undefined)
      }
      await assert.rejects(register({ ...options(server), answers }), { kind: 'connect', reason: 'unreachable' })
    })
  })

  test('may have made the account, or not, when the time is over', async () => {
    const blank = el('query', REGISTER_NS, {}, [el('username', REGISTER_NS)])
    const { platform, late } = timed()
    const { server } = await asking(
      (payload) => {
        if (payload.firstElement() !== undefined) late()
        return blank
      },
      [feature],
    )
    await using _ = server
    await assert.rejects(register({ ...options(server), platform, timeout: 5_000 }), reason('unsure'))
  })
})
