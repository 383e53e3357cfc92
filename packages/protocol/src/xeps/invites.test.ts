/** Links that invite, and the form in which a server gives one. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeField } from '../forms/index.ts'
import { jid } from '../jid/index.ts'
import { formatInvite, type Invite, invitationOf, parseInvite } from './invites.ts'

describe('a link', () => {
  const invites: [string, Invite][] = [
    [
      'xmpp:flute@athens.example?register;preauth=t0k',
      { kind: 'account', jid: jid('flute@athens.example'), token: 't0k' },
    ],
    ['xmpp:athens.example?register;preauth=t0k', { kind: 'account', jid: jid('athens.example'), token: 't0k' }],
    [
      'xmpp:quince@athens.example?roster;preauth=t0k;ibr=y',
      { kind: 'contact', jid: jid('quince@athens.example'), token: 't0k', mayRegister: true },
    ],
    [
      'xmpp:quince@athens.example?roster;preauth=t0k;name=Peter%20Quince',
      { kind: 'contact', jid: jid('quince@athens.example'), token: 't0k', mayRegister: false, name: 'Peter Quince' },
    ],
  ]

  it('says to what it invites, and is written the same', () => {
    for (const [text, invite] of invites) {
      assert.deepEqual(parseInvite(text), invite)
      assert.equal(formatInvite(invite), text)
    }
  })

  it('without a token, or for something else, is no invitation', () => {
    for (const text of [
      'xmpp:quince@athens.example?roster',
      'xmpp:quince@athens.example?roster;preauth=',
      'xmpp:athens.example?roster;preauth=t0k',
      'xmpp:quince@athens.example?remove;preauth=t0k',
      'https://athens.example/#quince@athens.example?roster;preauth=t0k',
    ])
      assert.equal(parseInvite(text), undefined, text)
  })

  it('never names a resource', () => {
    assert.equal(
      parseInvite('xmpp:quince@athens.example/wood?roster;preauth=t0k')?.jid.toString(),
      'quince@athens.example',
    )
  })
})

describe('the form', () => {
  const form = (fields: Record<string, string>) => ({
    type: 'result' as const,
    instructions: [],
    fields: Object.entries(fields).map(([name, value]) => makeField(name, undefined, [value])),
    items: [],
  })
  const uri = 'xmpp:quince@athens.example?roster;preauth=t0k;ibr=y'

  it('has a link, a page and an end', () => {
    const page = 'https://athens.example/invite/#t0k'
    for (const name of ['expire', 'expiry'])
      assert.deepEqual(invitationOf(form({ uri, 'landing-url': page, [name]: '1970-01-01T00:00:01Z' })), {
        uri,
        landingUrl: page,
        expires: 1000,
      })
    assert.deepEqual(invitationOf(form({ uri })), { uri })
  })

  it('is not trusted for what it should not hold', () => {
    assert.equal(invitationOf(form({ uri: 'javascript:alert(1)' })), undefined)
    assert.equal(invitationOf(form({ 'landing-url': 'https://athens.example' })), undefined)
    assert.deepEqual(invitationOf(form({ uri, 'landing-url': 'javascript:alert(1)', expire: 'soon' })), { uri })
  })
})
