import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NS } from '@rookery/protocol'
import { type Message, StanzaError } from '@rookery/protocol/stanza'
import { type Element, el } from '@rookery/protocol/xml'
import { feature, type Kept, type Powers, type Wiring } from '@rookery/server'
import { conditionOf, type MemoryServer, memoryServer, turns } from '../test/memory-server.ts'

/** A feature of a test. */
function plugin(wiring: Wiring | ((powers: Pick<Powers, 'route'>) => Wiring), name = 'tested') {
  return feature({
    name,
    summary: 'Of a test.',
    specifications: [],
    needs: ['route'],
    start: (powers) => (typeof wiring === 'function' ? wiring(powers) : wiring),
  })
}

const chat = (to: string, body: string, attributes = `type='chat'`): string =>
  `<message to='${to}' id='${body}' ${attributes}><body>${body}</body></message>`
const ping = (to: string): string => `<iq type='get' id='p' to='${to}'><ping xmlns='urn:xmpp:ping'/></iq>`
const bodies = (stanzas: readonly Element[]): (string | undefined)[] => stanzas.map((one) => one.childText('body'))

/** romeo, and juliet who has said that she is there. */
async function couple(server: MemoryServer) {
  const romeo = await server.login('romeo')
  const juliet = await server.login('juliet')
  juliet.send('<presence/>')
  await juliet.all()
  return { romeo, juliet }
}

describe('the corridor', () => {
  test('is walked in order, once on each side', async () => {
    const steps: string[] = []
    const note = (phase: string) => (trip: { side: string; stanza: { kind: string }; account: object }) => {
      if (trip.stanza.kind === 'message') steps.push(`${phase} ${trip.side} ${trip.account}`)
      return undefined
    }
    const recorder = plugin({
      screen: note('screen'),
      stamp: note('stamp'),
      archive: note('archive'),
      copy: note('copy'),
      fallback: (trip) => note('fallback')(trip) ?? false,
      notify: note('notify'),
    })
    await using server = await memoryServer({ plugins: [recorder] })
    const { romeo, juliet } = await couple(server)
    romeo.send(chat('juliet@localhost', 'hi'))
    await romeo.all()
    assert.equal((await juliet.messages()).length, 1)
    const begun = (name: string, account: string) =>
      ['screen', 'stamp', 'archive'].map((phase) => `${phase} ${name} ${account}`)
    assert.deepEqual(steps, [
      ...begun('out', 'romeo@localhost'),
      ...begun('in', 'juliet@localhost'), // nothing is seen of it before it is durable on both sides
      'copy out romeo@localhost',
      'copy in juliet@localhost',
      'notify in juliet@localhost',
    ])
  })

  test('shows whom a message has reached, to those who may know', async () => {
    const reached: string[] = []
    const watcher = plugin({
      notify: (trip) => void reached.push(trip.reached.map((session) => session.jid.toString()).join(' ')),
    })
    await using server = await memoryServer({ plugins: [watcher] })
    const { romeo } = await couple(server)
    await server.server.accounts('localhost').create('nurse', 'secret')
    romeo.send(chat('juliet@localhost', 'a'))
    romeo.send(chat('nurse@localhost', 'b'))
    await romeo.all()
    assert.deepEqual(reached, ['juliet@localhost/one', ''])
  })

  test('goes on with what a stamp made of the stanza', async () => {
    const mark = (trip: { stanza: Message; side: string }): Message =>
      trip.stanza.with({
        element: trip.stanza.element.withChildren([...trip.stanza.element.children, el(trip.side, 'urn:s')]),
      })
    const seen: number[] = []
    const second = plugin(
      {
        stamp: (trip) => {
          seen.push(trip.stanza.element.childElements().length)
          return undefined
        },
      },
      'second',
    )
    await using server = await memoryServer({
      plugins: [plugin({ stamp: mark }), second],
      features: { archive: false },
    })
    const { romeo, juliet } = await couple(server)
    romeo.send(chat('juliet@localhost', 'hi'))
    await romeo.all()
    const [message] = await juliet.messages()
    assert.deepEqual(
      message?.childElements().map((child) => child.name),
      ['body', 'out', 'in'],
    )
    assert.deepEqual(seen, [2, 3])
  })
})

describe('screening', () => {
  const screened = (where: 'in' | 'out', refusal: StanzaError | 'silence', isLate = false) =>
    plugin({
      screen: (trip) => {
        const isBad = trip.stanza.id === 'bad' && trip.stanza.type !== 'error'
        const answer = trip.side === where && isBad ? refusal : undefined
        return isLate ? turns(2).then(() => answer) : answer
      },
    })
  const notified: (string | undefined)[] = []
  const watcher = plugin({ notify: (trip) => void notified.push(trip.stanza.id) }, 'watcher')

  for (const side of ['out', 'in'] as const)
    for (const isLate of [false, true]) {
      test(`may refuse on the ${side} side${isLate ? ', after thinking' : ''}: the sender is told, nobody else`, async () => {
        notified.length = 0
        const plugins = [screened(side, new StanzaError('policy-violation', { text: 'no' }), isLate), watcher]
        await using server = await memoryServer({ plugins })
        const { romeo, juliet } = await couple(server)
        romeo.send(chat('juliet@localhost', 'good'))
        romeo.send(chat('juliet@localhost', 'bad'))
        romeo.send(chat('juliet@localhost', 'better'))
        romeo.send(`<iq type='get' id='bad' to='juliet@localhost/one'><x xmlns='urn:x'/></iq>`)
        romeo.send(`<presence id='bad' to='juliet@localhost'/>`)
        const answers = await romeo.all()
        assert.deepEqual(
          answers.map((one) => `${one.name} ${one.attr('id')} ${conditionOf(one)} ${one.attr('from')}`),
          [
            'message bad policy-violation juliet@localhost',
            'iq bad policy-violation juliet@localhost/one',
            'presence bad policy-violation juliet@localhost',
          ],
        )
        assert.deepEqual(bodies(await juliet.all()), ['good', 'better'])
        assert.deepEqual(notified, ['good', 'better'])
      })

      test(`may be silent on the ${side} side${isLate ? ', after thinking' : ''}`, async () => {
        await using server = await memoryServer({ plugins: [screened(side, 'silence', isLate)] })
        const { romeo, juliet } = await couple(server)
        romeo.send(chat('juliet@localhost', 'bad'))
        assert.deepEqual(await romeo.all(), [])
        assert.deepEqual(await juliet.all(), [])
      })
    }

  test('asks one after the other, until one refuses', async () => {
    const asked: string[] = []
    const one = (name: string, refusal?: StanzaError) =>
      plugin(
        {
          screen: async (trip) => {
            await turns(1)
            if (trip.stanza.id === 'hi') asked.push(`${name} ${trip.side}`)
            return trip.stanza.id === 'hi' ? refusal : undefined
          },
        },
        name,
      )
    const plugins = [one('first'), one('second', new StanzaError('forbidden')), one('third')]
    await using server = await memoryServer({ plugins })
    const { romeo } = await couple(server)
    romeo.send(chat('juliet@localhost', 'hi'))
    assert.deepEqual((await romeo.all()).map(conditionOf), ['forbidden'])
    assert.deepEqual(asked, ['first out', 'second out'])
  })
})

describe('nobody home', () => {
  test('asks the fallbacks in order, until one has kept it', async () => {
    const asked: string[] = []
    const notified: (string | undefined)[] = []
    const keeps = (name: string, answer: boolean | StanzaError | undefined, isLate = false) =>
      plugin(
        {
          fallback: (trip): boolean | StanzaError | Promise<boolean | StanzaError> => {
            asked.push(`${name} ${trip.stanza.id}`)
            const given = answer ?? false
            return isLate ? turns(1).then(() => given) : given
          },
        },
        name,
      )
    const plugins = [
      keeps('never', false),
      keeps('late-never', false, true),
      keeps('keeper', true, true),
      keeps('unasked', true),
      plugin({ notify: (trip) => void notified.push(trip.stanza.id) }, 'watcher'),
    ]
    await using server = await memoryServer({ plugins, features: { offline: false } })
    await server.server.accounts('localhost').create('juliet', 'secret')
    const romeo = await server.login('romeo')
    romeo.send(chat('juliet@localhost', 'hi'))
    assert.deepEqual(await romeo.all(), [])
    assert.deepEqual(asked, ['never hi', 'late-never hi', 'keeper hi'])
    assert.deepEqual(notified, ['hi'])
  })

  test('tells the sender what the fallback says, or that the service is not there', async () => {
    const notified: unknown[] = []
    const full = plugin({
      fallback: (trip) => trip.stanza.id === 'full' && new StanzaError('resource-constraint'),
      notify: (trip) => void notified.push(trip.stanza.id),
    })
    await using server = await memoryServer({ plugins: [full], features: { archive: false, offline: false } })
    await server.server.accounts('localhost').create('juliet', 'secret')
    const romeo = await server.login('romeo')
    romeo.send(chat('juliet@localhost', 'full'))
    romeo.send(chat('juliet@localhost', 'other'))
    romeo.send(chat('juliet@localhost', 'room', `type='groupchat'`))
    romeo.send(chat('juliet@localhost', 'news', `type='headline'`))
    assert.deepEqual(
      (await romeo.all()).map((one) => `${one.attr('id')} ${conditionOf(one)}`),
      ['full resource-constraint', 'other service-unavailable', 'room service-unavailable'],
    )
    assert.deepEqual(notified, [])
  })

  test('takes what a session held when it ended', async () => {
    const kept: (string | undefined)[] = []
    const holder = plugin({
      session: { opened: (session) => void (session.jid.local === 'juliet' && session.hold()) },
      fallback: (trip) => {
        kept.push(`${trip.stanza.id} ${trip.account} ${trip.side}`)
        return true
      },
    })
    await using server = await memoryServer({ plugins: [holder], features: { offline: false } })
    const { romeo, juliet } = await couple(server)
    romeo.send(chat('juliet@localhost', 'a'))
    romeo.send(chat('juliet@localhost/one', 'b'))
    await romeo.all()
    assert.deepEqual(await juliet.messages(), [])
    assert.deepEqual(kept, [])
    juliet.destroy()
    await turns()
    assert.deepEqual(kept, ['a juliet@localhost in', 'b juliet@localhost in'])
  })

  test('a session that holds more than it may is ended, and nothing is lost', async () => {
    const kept: (string | undefined)[] = []
    const holder = plugin({
      session: { opened: (session) => void (session.jid.local === 'juliet' && session.hold()) },
      fallback: (trip) => {
        kept.push(trip.stanza.id)
        return true
      },
    })
    await using server = await memoryServer({
      plugins: [holder],
      features: { offline: false },
      limits: { outboundBytes: 65_536 },
    })
    const { romeo, juliet } = await couple(server)
    const long = 'x'.repeat(40_000)
    for (const id of ['a', 'b', 'c'])
      romeo.send(`<message to='juliet@localhost' id='${id}'><body>${long}</body></message>`)
    await romeo.all()
    await juliet.closed()
    assert.equal(juliet.streamError, 'policy-violation')
    await turns()
    assert.deepEqual(kept.toSorted(), ['a', 'b', 'c'])
  })
})

describe('a phase that throws costs its stanza alone (S136)', () => {
  const boom = (): never => {
    throw new Error('boom')
  }
  const late = async (): Promise<never> => {
    await turns(1)
    throw new Error('boom')
  }
  const on =
    (side: 'in' | 'out', fault: () => never | Promise<never>) =>
    (trip: { side: string; stanza: { id: string | undefined } }) =>
      trip.side === side && trip.stanza.id === 'bad' ? fault() : undefined

  const cases: Record<string, Wiring> = {
    'screen, sending': { screen: on('out', boom) },
    'screen, sending, late': { screen: on('out', late) },
    'screen, receiving': { screen: on('in', boom) },
    'screen, receiving, late': { screen: on('in', late) },
    'stamp, sending': { stamp: on('out', boom) as never },
    'stamp, receiving': { stamp: on('in', boom) as never },
    'archive, sending': { archive: on('out', boom) },
    'archive, sending, late': { archive: on('out', late) },
    'archive, receiving': { archive: on('in', boom) },
    'archive, receiving, late': { archive: on('in', late) },
  }
  for (const [name, wiring] of Object.entries(cases))
    test(name, async () => {
      const errors: unknown[] = []
      const log = {
        debug: () => {},
        info: () => {},
        warn: () => {},
        error: (fields: object) => void errors.push(fields),
      }
      await using server = await memoryServer({ plugins: [plugin(wiring)], log })
      const { romeo, juliet } = await couple(server)
      romeo.send(chat('juliet@localhost', 'before'))
      romeo.send(chat('juliet@localhost', 'bad'))
      romeo.send(chat('juliet@localhost', 'after'))
      // behind those that wait
      await romeo.ask(ping('localhost'))
      const [answer, ...others] = await romeo.all()
      assert.equal(conditionOf(answer), 'internal-server-error')
      assert.equal(answer?.attr('id'), 'bad')
      assert.deepEqual(others, [])
      assert.deepEqual(bodies(await juliet.all()), ['before', 'after'])
      assert.equal(errors.length, 1)
    })

  test('fallback', async () => {
    for (const fault of [boom, late]) {
      const fallback = () => fault()
      await using server = await memoryServer({
        plugins: [plugin({ fallback })],
        features: { offline: false, archive: false },
      })
      await server.server.accounts('localhost').create('juliet', 'secret')
      const romeo = await server.login('romeo')
      romeo.send(chat('juliet@localhost', 'bad'))
      assert.deepEqual((await romeo.all()).map(conditionOf), ['internal-server-error'])
    }
  })

  test('copy and notify: the message goes on', async () => {
    const wiring = { copy: boom, notify: boom }
    await using server = await memoryServer({ plugins: [plugin(wiring)] })
    const { romeo, juliet } = await couple(server)
    romeo.send(chat('juliet@localhost', 'hi'))
    assert.deepEqual(await romeo.all(), [])
    assert.deepEqual(bodies(await juliet.all()), ['hi'])
  })

  test('what a feature sends by itself', async () => {
    const results: unknown[] = []
    const sender = plugin(({ route }) => ({
      screen: (trip) =>
        trip.side === 'in' && trip.stanza.id === 'bad' && trip.stanza.type !== 'error' ? late() : undefined,
      notify: (trip) => {
        if (trip.stanza.id !== 'start' || trip.stanza.kind !== 'message') return undefined
        // nobody looks at what becomes of it
        route(trip.stanza.with({ element: trip.stanza.element.with({ id: 'bad' }) }))
        results.push('sent')
        return undefined
      },
    }))
    await using server = await memoryServer({ plugins: [sender] })
    const { romeo, juliet } = await couple(server)
    romeo.send(chat('juliet@localhost', 'start'))
    await turns()
    assert.deepEqual(results, ['sent'])
    assert.deepEqual((await romeo.all()).map(conditionOf), ['internal-server-error'])
    assert.deepEqual(bodies(await juliet.all()), ['start'])
  })
})

describe('order behind an archive', () => {
  /** An archive that commits what it is told to, on the sides it is told to. */
  function archive(...sides: ('in' | 'out')[]) {
    const waiting = new Map<string, PromiseWithResolvers<undefined>>()
    const begun: string[] = []
    const made = plugin({
      archive: (trip) => {
        if (!sides.includes(trip.side)) return undefined
        const name = `${trip.stanza.id} ${trip.side}`
        const commit = Promise.withResolvers<undefined>()
        waiting.set(name, commit)
        begun.push(name)
        return commit.promise
      },
    })
    return {
      plugin: made,
      begun,
      commit: async (...names: string[]) => {
        for (const name of names) waiting.get(name)!.resolve(undefined)
        await turns()
      },
      fail: async (name: string) => {
        waiting.get(name)!.reject(new Error('the disk is full'))
        await turns()
      },
    }
  }

  for (const side of ['out', 'in'] as const) {
    test(`messages that commit in any order are delivered in theirs (${side})`, async () => {
      const kept = archive(side)
      await using server = await memoryServer({ plugins: [kept.plugin] })
      const { romeo, juliet } = await couple(server)
      for (const body of ['a', 'b', 'c']) romeo.send(chat('juliet@localhost', body))
      await turns()
      // all of them have begun: they share a commit
      assert.deepEqual(kept.begun, [`a ${side}`, `b ${side}`, `c ${side}`])
      await kept.commit(`c ${side}`, `b ${side}`)
      assert.deepEqual(await juliet.all(), [])
      await kept.commit(`a ${side}`)
      assert.deepEqual(bodies(await juliet.all()), ['a', 'b', 'c'])
    })

    test(`one that could not be kept is refused, in its place (${side})`, async () => {
      const kept = archive(side)
      await using server = await memoryServer({ plugins: [kept.plugin] })
      const { romeo, juliet } = await couple(server)
      for (const body of ['a', 'b', 'c']) romeo.send(chat('juliet@localhost', body))
      await turns()
      await kept.fail(`b ${side}`)
      await kept.commit(`c ${side}`, `a ${side}`)
      assert.deepEqual(bodies(await juliet.all()), ['a', 'c'])
      const [refused, ...others] = await romeo.all()
      assert.equal(conditionOf(refused), 'internal-server-error')
      assert.equal(refused?.child('error')?.attr('type'), 'wait')
      assert.equal(refused?.attr('id'), 'b')
      assert.deepEqual(others, [])
    })

    test(`requests and presence do not overtake (${side})`, async () => {
      const kept = archive(side)
      await using server = await memoryServer({ plugins: [kept.plugin] })
      const { romeo, juliet } = await couple(server)
      juliet.send(`<presence to='romeo@localhost/one'/>`) // so that he may ask her resource
      await juliet.all()
      romeo.send(chat('juliet@localhost', 'a'))
      romeo.send(`<presence to='juliet@localhost/one'><status>b</status></presence>`)
      romeo.send(chat('juliet@localhost', 'c'))
      romeo.send(`<iq type='get' id='d' to='juliet@localhost/one'><x xmlns='urn:x'/></iq>`)
      romeo.send(`<iq type='result' id='e' to='juliet@localhost/one'/>`)
      await turns()
      assert.deepEqual(await juliet.all(), [])
      const came = async (): Promise<(string | undefined)[]> =>
        (await juliet.all()).map((one) => one.attr('id') ?? one.childText('status'))
      await kept.commit(`a ${side}`)
      assert.deepEqual(await came(), ['a', 'b'])
      await kept.commit(`c ${side}`)
      assert.deepEqual(await came(), ['c', 'd', 'e'])
    })

    test(`a request that takes long keeps nobody else's messages waiting (${side})`, async () => {
      const kept = archive(side)
      const answer = Promise.withResolvers<undefined>()
      const slow = feature({
        name: 'slow',
        summary: 'Takes its time.',
        specifications: [],
        needs: [],
        start: () => ({
          iq: [{ type: 'get', at: 'host', payload: { name: 'slow', ns: 'urn:slow' }, handle: () => answer.promise }],
        }),
      })
      await using server = await memoryServer({ plugins: [kept.plugin, slow] })
      const { romeo, juliet } = await couple(server)
      const mallory = await server.login('mallory')
      mallory.send(chat('juliet@localhost', 'a'))
      mallory.send(`<iq type='get' id='s' to='localhost'><slow xmlns='urn:slow'/></iq>`)
      mallory.send(chat('juliet@localhost', 'b'))
      await turns()
      romeo.send(chat('juliet@localhost', 'c'))
      await turns()
      await kept.commit(`a ${side}`, `c ${side}`)
      assert.deepEqual(bodies(await juliet.all()), ['a', 'c'])
      answer.resolve(undefined)
      await turns()
      await kept.commit(`b ${side}`)
      assert.deepEqual(bodies(await juliet.all()), ['b'])
    })

    test(`messages of several senders reach an account in the order in which they began (${side})`, async () => {
      const kept = archive(side)
      await using server = await memoryServer({ plugins: [kept.plugin] })
      const { romeo, juliet } = await couple(server)
      const nurse = await server.login('nurse')
      romeo.send(chat('juliet@localhost', 'a'))
      await turns()
      nurse.send(chat('juliet@localhost', 'b'))
      await turns()
      await kept.commit(`b ${side}`)
      assert.deepEqual(bodies(await juliet.all()), [])
      await kept.commit(`a ${side}`)
      assert.deepEqual(bodies(await juliet.all()), ['a', 'b'])
    })
  }

  test('is kept when a message waits on both sides', async () => {
    const kept = archive('out', 'in')
    await using server = await memoryServer({ plugins: [kept.plugin] })
    const { romeo, juliet } = await couple(server)
    romeo.send(chat('juliet@localhost', 'a'))
    romeo.send(chat('juliet@localhost', 'c'))
    await turns()
    assert.deepEqual(kept.begun, ['a out', 'a in', 'c out', 'c in']) // all of them share a commit
    await kept.commit('c out', 'c in', 'a in')
    assert.deepEqual(await juliet.all(), [])
    await kept.commit('a out')
    assert.deepEqual(bodies(await juliet.all()), ['a', 'c'])
  })

  test('holds the stream at the bound, and goes on from there', async () => {
    const kept = archive('out', 'in')
    await using server = await memoryServer({ plugins: [kept.plugin], limits: { inFlightBytes: 65_536 } })
    const { romeo, juliet } = await couple(server)
    const long = 'x'.repeat(30_000)
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    for (const id of names) romeo.send(`<message to='juliet@localhost' id='${id}'><body>${long}</body></message>`)
    await turns(20)
    assert.deepEqual(
      kept.begun,
      ['a', 'b', 'c'].flatMap((id) => [`${id} out`, `${id} in`]),
    )
    // commits whatever has begun, until all are through
    let done = 0
    while (done < kept.begun.length) await kept.commit(kept.begun[done++]!)
    assert.deepEqual(
      (await juliet.messages()).map((one) => one.attr('id')),
      names,
    )
    assert.equal(done, 12)
    await romeo.ask(ping('localhost'))
  })

  test('a duplicate goes no further on the side that has it already, and is no error', async () => {
    const kept = new Map<string, Kept>()
    const copied: string[] = []
    const keeper = plugin({
      archive: (trip) => kept.get(`${trip.stanza.id} ${trip.side}`),
      copy: (trip) => void copied.push(`${trip.stanza.id} ${trip.side} ${trip.kept}`),
    })
    kept.set('a out', 'duplicate').set('a in', 'duplicate').set('b out', 'duplicate').set('b in', 'kept')
    await using server = await memoryServer({ plugins: [keeper], features: { archive: false } })
    const { romeo, juliet } = await couple(server)
    for (const id of ['a', 'b', 'c']) romeo.send(chat('juliet@localhost', id))
    assert.deepEqual(bodies(await juliet.all()), ['b', 'c']) // b had come to the sender's archive alone
    assert.deepEqual(await romeo.all(), [])
    assert.deepEqual(copied, ['b in kept', 'c out undefined', 'c in undefined'])
  })

  test('what is in the archive of somebody who is away is no error, though nothing else keeps it', async () => {
    const keeper = plugin({ archive: (trip) => (trip.side === 'in' ? 'kept' : undefined) })
    await using server = await memoryServer({ plugins: [keeper], features: { offline: false } })
    const romeo = await server.login('romeo')
    await server.server.accounts('localhost').create('nurse', 'secret')
    romeo.send(chat('nurse@localhost', 'a'))
    assert.deepEqual(await romeo.all(), [])
  })

  test('a message to oneself waits on both sides, too', async () => {
    const kept = archive('out', 'in')
    await using server = await memoryServer({ plugins: [kept.plugin] })
    const { juliet } = await couple(server)
    juliet.send(chat('juliet@localhost', 'a'))
    juliet.send(chat('juliet@localhost', 'b'))
    await turns()
    await kept.commit('b out', 'a out')
    await kept.commit('b in', 'a in')
    assert.deepEqual(bodies(await juliet.all()), ['a', 'b'])
  })

  test('what has been sent is delivered before its sender is known to be gone', async () => {
    const kept = archive('out')
    await using server = await memoryServer({ plugins: [kept.plugin] })
    const { romeo, juliet } = await couple(server)
    romeo.send(`<presence to='juliet@localhost/one'/>`)
    await romeo.all()
    await juliet.all()
    romeo.send(chat('juliet@localhost', 'farewell'))
    await turns()
    romeo.send('</stream:stream>')
    await turns()
    await kept.commit('farewell out')
    assert.deepEqual(
      (await juliet.all()).map((one) => one.attr('id') ?? one.attr('type')),
      ['farewell', 'unavailable'],
    )
  })
})

describe('addresses', () => {
  test('nothing tells an account that does not exist from one that is away', async () => {
    await using server = await memoryServer({ features: { archive: false, offline: false } })
    await server.server.accounts('localhost').create('juliet', 'secret')
    const romeo = await server.login('romeo')
    const answers = async (who: string): Promise<(Element | undefined)[]> => {
      for (const type of ['normal', 'chat', 'groupchat', 'headline', 'error']) {
        romeo.send(chat(`${who}@localhost`, type, `type='${type}'`))
        romeo.send(chat(`${who}@localhost/x`, `full-${type}`, `type='${type}'`))
      }
      for (const to of [`${who}@localhost`, `${who}@localhost/x`]) {
        romeo.send(`<iq type='get' id='1' to='${to}'><ping xmlns='urn:xmpp:ping'/></iq>`)
        romeo.send(`<iq type='get' id='2' to='${to}'><query xmlns='${NS.roster}'/></iq>`)
        romeo.send(`<iq type='set' id='3' to='${to}'><unknown xmlns='urn:x'/></iq>`)
        romeo.send(`<iq type='get' id='4' to='${to}'><query xmlns='jabber:iq:last'/></iq>`)
        romeo.send(`<iq type='result' id='5' to='${to}'/>`)
        romeo.send(`<presence to='${to}' type='probe'/>`)
        romeo.send(`<presence to='${to}'/>`)
      }
      return (await romeo.all()).map((one) =>
        el(one.name, one.ns, { id: one.attr('id'), type: one.attr('type') }, one.childElements()),
      )
    }
    const away = await answers('juliet')
    assert.ok(away.length >= 10)
    assert.deepEqual(await answers('nobody'), away)
  })

  test('a host that is not ours is not reached', async () => {
    await using server = await memoryServer()
    const romeo = await server.login('romeo')
    romeo.send(chat('juliet@elsewhere.example', 'hi'))
    romeo.send(`<iq type='get' id='q' to='elsewhere.example'><ping xmlns='urn:xmpp:ping'/></iq>`)
    romeo.send(`<iq type='result' id='r' to='elsewhere.example'/>`)
    romeo.send(chat('juliet@elsewhere.example', 'error', `type='error'`))
    assert.deepEqual(
      (await romeo.all()).map((one) => `${one.attr('id')} ${one.attr('from')} ${conditionOf(one)}`),
      ['hi juliet@elsewhere.example remote-server-not-found', 'q elsewhere.example remote-server-not-found'],
    )
  })

  test('hosts of one process reach each other, and are told apart', async () => {
    const other = 'example.test'
    await using server = await memoryServer({ hosts: ['localhost', other] })
    const romeo = await server.login('romeo')
    romeo.send(chat(`romeo@${other}`, 'hi'))
    romeo.send(ping(other))
    const [answer, pong] = await romeo.all()
    assert.equal(conditionOf(answer), 'service-unavailable')
    assert.deepEqual([pong?.attr('from'), pong?.attr('type')], [other, 'result'])
    await server.server.accounts(other).create('romeo', 'secret')
    romeo.send(chat(`romeo@${other}`, 'kept'))
    assert.deepEqual(await romeo.all(), [])
    assert.equal((await server.storage.host(other).offline.size('romeo')).count, 1)
    assert.equal((await server.stores.offline.size('romeo')).count, 0)
  })

  test('a message to a host is for the features, and refused when none takes it', async () => {
    const taken: unknown[] = []
    const desk = (name: string, wanted: string) =>
      plugin(
        {
          hostMessage: async (message) => {
            taken.push(`${name} ${message.id}`)
            return message.id === wanted
          },
        },
        name,
      )
    await using server = await memoryServer({ plugins: [desk('one', 'a'), desk('two', 'b')] })
    const romeo = await server.login('romeo')
    for (const id of ['a', 'b', 'c']) romeo.send(chat('localhost', id))
    assert.deepEqual(
      (await romeo.all()).map((one) => `${one.attr('id')} ${conditionOf(one)}`),
      ['c service-unavailable'],
    )
    assert.deepEqual(taken, ['one a', 'one b', 'two b', 'one c', 'two c'])
  })

  test('a malformed address is told, and never to an error or a result', async () => {
    await using server = await memoryServer()
    const romeo = await server.login('romeo')
    for (const to of ['@localhost', 'romeo@', 'a@b@c/', 'localhost/'])
      for (const stanza of [
        `<message id='m' to='${to}'><body>x</body></message>`,
        `<message id='m' type='error' to='${to}'/>`,
        `<iq type='get' id='q' to='${to}'><ping xmlns='urn:xmpp:ping'/></iq>`,
        `<iq type='result' id='q' to='${to}'/>`,
        `<presence id='p' to='${to}'/>`,
      ])
        romeo.send(stanza)
    const answers = await romeo.all()
    assert.equal(answers.length, 12)
    for (const answer of answers) assert.equal(conditionOf(answer), 'jid-malformed')
  })
})
