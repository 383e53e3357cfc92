import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NS } from '@rookery/protocol'
import { jid } from '@rookery/protocol/jid'
import { type MessageType, message, presence } from '@rookery/protocol/stanza'
import { el } from '@rookery/protocol/xml'
import { fateOf } from './deliver.ts'
import { Lane } from './lane.ts'
import { Session } from './session.ts'

const link = {
  remoteAddress: '127.0.0.1',
  isSecure: true,
  write: () => undefined,
  flushed: () => undefined,
  close: () => undefined,
}
const romeo = jid('romeo@montague.example/orchard')

/** A session of juliet's: its priority, or undefined while it has sent no presence. */
function session(resource: string, priority: number | undefined): Session {
  const made = new Session(jid(`juliet@capulet.example/${resource}`), link, new Lane(1000, assert.ifError), 0, 1000)
  if (priority !== undefined) made.setPresence(presence(made.jid, undefined, 'available'), priority)
  return made
}

/** What becomes of a message, in words: the resources that get it, or what is done instead. */
function fate(type: MessageType, to: string, ...sessions: Session[]): string {
  const stanza = message(romeo, jid(to), { type }, [el('body', NS.client, {}, 'hi')])
  const decided = fateOf(stanza, jid(to), sessions)
  return typeof decided === 'string' ? decided : decided.map((one) => one.jid.resource).join(' ')
}

const BARE = 'juliet@capulet.example'
const FULL = 'juliet@capulet.example/balcony'

describe('RFC 6121 8.5.4, table 1', () => {
  const none: Session[] = []
  const connected = [session('hall', undefined)]
  const negative = [session('hall', -1)]
  const one = [session('hall', 0)]
  const several = [session('hall', 1), session('chamber', 5), session('street', -1), session('tomb', undefined)]
  const exact = (priority: number | undefined) => [...several, session('balcony', priority)]

  const situations = {
    // the bare JID
    'bare, no resource': [BARE, none],
    'bare, merely connected': [BARE, connected],
    'bare, negative alone': [BARE, negative],
    'bare, one of zero': [BARE, one],
    'bare, several': [BARE, several],
    // a full JID that a resource has
    'full, it is there': [FULL, exact(0)],
    'full, it is negative': [FULL, exact(-5)],
    'full, it is merely connected': [FULL, exact(undefined)],
    // a full JID that no resource has
    'full, nobody at all': [FULL, none],
    'full, another connected': [FULL, connected],
    'full, another negative': [FULL, negative],
    'full, another of zero': [FULL, one],
    'full, several others': [FULL, several],
  } satisfies Record<string, [string, Session[]]>

  const table: Record<keyof typeof situations, Record<MessageType, string>> = {
    'bare, no resource': {
      normal: 'store',
      chat: 'store',
      groupchat: 'refuse',
      headline: 'ignore',
      error: 'ignore',
    },
    'bare, merely connected': {
      normal: 'store',
      chat: 'store',
      groupchat: 'refuse',
      headline: 'ignore',
      error: 'ignore',
    },
    'bare, negative alone': {
      normal: 'store',
      chat: 'store',
      groupchat: 'refuse',
      headline: 'ignore',
      error: 'ignore',
    },
    'bare, one of zero': {
      normal: 'hall',
      chat: 'hall',
      groupchat: 'refuse',
      headline: 'hall',
      error: 'ignore',
    },
    'bare, several': {
      normal: 'chamber',
      chat: 'chamber',
      groupchat: 'refuse',
      headline: 'hall chamber',
      error: 'ignore',
    },
    'full, it is there': {
      normal: 'balcony',
      chat: 'balcony',
      groupchat: 'balcony',
      headline: 'balcony',
      error: 'balcony',
    },
    'full, it is negative': {
      normal: 'balcony',
      chat: 'balcony',
      groupchat: 'balcony',
      headline: 'balcony',
      error: 'balcony',
    },
    'full, it is merely connected': {
      normal: 'balcony',
      chat: 'balcony',
      groupchat: 'balcony',
      headline: 'balcony',
      error: 'balcony',
    },
    'full, nobody at all': {
      normal: 'refuse',
      chat: 'store',
      groupchat: 'refuse',
      headline: 'refuse',
      error: 'ignore',
    },
    'full, another connected': {
      normal: 'refuse',
      chat: 'store',
      groupchat: 'refuse',
      headline: 'refuse',
      error: 'ignore',
    },
    'full, another negative': {
      normal: 'refuse',
      chat: 'store',
      groupchat: 'refuse',
      headline: 'refuse',
      error: 'ignore',
    },
    'full, another of zero': {
      normal: 'refuse',
      chat: 'hall',
      groupchat: 'refuse',
      headline: 'refuse',
      error: 'ignore',
    },
    'full, several others': {
      normal: 'refuse',
      chat: 'chamber',
      groupchat: 'refuse',
      headline: 'refuse',
      error: 'ignore',
    },
  }

  for (const [name, row] of Object.entries(table))
    test(name, () => {
      const [to, sessions] = situations[name as keyof typeof situations]
      for (const [type, expected] of Object.entries(row))
        assert.equal(fate(type as MessageType, to, ...sessions), expected, type)
    })
})

describe('priorities', () => {
  test('all of the highest priority get it, in the order of binding [RFC6121 8.5.2.1.1]', () => {
    const sessions = [session('a', 3), session('b', 1), session('c', 3), session('d', -128), session('e', 3)]
    assert.equal(fate('chat', BARE, ...sessions), 'a c e')
    assert.equal(fate('chat', BARE, ...sessions.toReversed()), 'e c a')
  })

  test('a higher one that comes later takes the place of those before', () => {
    assert.equal(fate('normal', BARE, session('a', 0), session('b', 127), session('c', 126)), 'b')
  })

  test('a negative one never gets what is sent to the bare JID, even beside others', () => {
    assert.equal(fate('headline', BARE, session('a', -1), session('b', 0)), 'b')
    assert.equal(fate('chat', BARE, session('a', -1), session('b', undefined)), 'store')
  })

  test('resources are told apart by every letter', () => {
    assert.equal(fate('headline', `${BARE}/Hall`, session('hall', 0)), 'refuse')
  })
})
