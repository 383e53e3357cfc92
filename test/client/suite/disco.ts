/** Service discovery and capabilities. */
import assert from 'node:assert/strict'
import { caps, disco, ping, presence, roster, UnsupportedError } from '@rookery/client/node'
import { type Behaviour, behaviour } from './behaviour.ts'
import { befriend } from './people.ts'
import { next } from './stage.ts'

const info = 'http://jabber.org/protocol/disco#info'

export const discovery: readonly Behaviour[] = [
  behaviour('disco', 'what the server and the account are', {}, async ({ login }) => {
    const romeo = await login('romeo', [disco])
    const server = await romeo.disco.server()
    assert.ok(server.identities.some(({ category, type }) => category === 'server' && type === 'im'))
    assert.ok(server.features.includes(info))
    const account = await romeo.disco.account()
    assert.ok(account.identities.some(({ category, type }) => category === 'account' && type === 'registered'))
    assert.equal(await romeo.disco.server(), server, 'asked once')
  }),

  behaviour('disco', 'what nobody has is said to be lacking', {}, async ({ login, target }) => {
    const romeo = await login('romeo', [disco])
    await assert.rejects(
      romeo.disco.require(target.domain, 'urn:example:nothing'),
      (error) => error instanceof UnsupportedError && error.feature === 'urn:example:nothing',
    )
    assert.equal(await romeo.disco.find({ category: 'store', type: 'nothing' }), undefined)
  }),

  behaviour(
    'disco',
    'a service is found by what it is',
    { needs: [{ service: 'conference/text' }] },
    async ({ login, service }) => {
      const romeo = await login('romeo', [disco])
      assert.equal(`${await romeo.disco.find({ category: 'conference', type: 'text' })}`, service('conference/text'))
      assert.ok((await romeo.disco.info(service('conference/text'))).features.includes(info))
    },
  ),

  behaviour('disco', 'one device answers another', {}, async ({ login, jid }) => {
    const desk = await login('romeo', [disco, presence])
    const phone = await login('romeo', [disco, ping], { kind: 'phone', software: 'Pocket' })
    const said = await desk.disco.info(phone.jid!)
    assert.deepEqual(
      said.identities.map(({ category, type, name }) => [category, type, name]),
      [['client', 'phone', 'Pocket']],
    )
    assert.ok(said.features.includes('urn:xmpp:ping'))
    assert.equal(
      await desk.disco.supports(jid('romeo'), 'urn:xmpp:ping', { fresh: true }),
      (await desk.disco.account()).features.includes('urn:xmpp:ping'),
    )
  }),

  behaviour('caps', 'what a contact can do is asked once for all who can do the same', {}, async ({ login }) => {
    const use = [presence, roster, caps, disco] as const
    const romeo = await login('romeo', use)
    const juliet = await login('juliet', use)
    await befriend(romeo, juliet)
    assert.equal(romeo.disco.known(juliet.jid!), undefined)
    const told = await romeo.disco.info(juliet.jid!)
    assert.ok(told.features.includes('http://jabber.org/protocol/caps'))
    const came = next(romeo, 'presence:changed', ({ jid, isAvailable }) => isAvailable && !jid.equals(juliet.jid!))
    const other = await login('juliet', use)
    assert.ok((await came).jid.equals(other.jid!))
    assert.deepEqual(romeo.disco.known(other.jid!), told)
  }),
]
