import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { avatarData, avatarMetadata } from '@rookery/protocol/xeps/avatar'
import { pubsub } from '@rookery/protocol/xeps/pubsub'
import { vcardAvatar } from '@rookery/protocol/xeps/vcard-avatar'
import { el } from '@rookery/protocol/xml'
import { startTestServer } from '@rookery/testkit'
import { HostileServer } from '../../../../../test/client/harness/hostile-server.ts'
import { next, online } from '../../../test/online.ts'
import { avatars, presence, roster, UnexpectedAnswerError, UsageError } from '../../index.ts'

const sha1 = (data: Uint8Array): string => createHash('sha1').update(data).digest('hex')
const picture = (): Uint8Array => new Uint8Array(randomBytes(300))

describe('avatars', () => {
  test('what one device publishes, the other sees, and takes back', async () => {
    await using server = await startTestServer()
    const account = await server.createAccount()
    await using phone = await online(server, [avatars], account)
    await using desk = await online(server, [avatars], account)
    const data = picture()
    const told = next(desk, 'avatar')
    await phone.avatars.publish({ data, width: 64, height: 64 })
    const { jid, id, info } = await told
    assert.deepEqual([`${jid}`, id, info?.bytes, info?.width], [account.jid, sha1(data), 300, 64])
    assert.equal(desk.avatars.known(account.jid), id)
    const found = await desk.avatars.of(account.jid)
    assert.deepEqual(found?.data, data)
    assert.equal(found?.type, 'image/png')
    assert.equal(await desk.avatars.of(desk.jid!), found) // from memory, also by the full address
    const gone = next(desk, 'avatar')
    await phone.avatars.remove()
    assert.equal((await gone).id, undefined)
    assert.equal(await desk.avatars.of(account.jid), undefined)
  })

  test('contacts learn of it by presence, and find it in the card', async () => {
    await using server = await startTestServer()
    const romeo = await server.createAccount()
    await using one = await online(server, [avatars, roster], romeo)
    await using two = await online(server, [avatars, roster, presence])
    one.on('subscription:request', (request) => one.roster.approve(request.jid))
    const approved = next(two, 'subscription:approved')
    two.roster.subscribe(romeo.jid)
    await approved
    const data = picture()
    const told = next(two, 'avatar')
    await one.avatars.publish({ data, type: 'image/webp' })
    const { jid, id } = await told
    assert.deepEqual([`${jid}`, id], [romeo.jid, sha1(data)])
    const found = await two.avatars.of(romeo.jid)
    assert.deepEqual([found?.data, found?.type, found?.id], [data, 'image/webp', id])

    // another device of the owner changes it: both say so
    await using other = await online(server, [avatars], romeo)
    const again = next(two, 'avatar')
    const later = picture()
    await other.avatars.publish({ data: later })
    assert.equal((await again).id, sha1(later))
    const gone = next(two, 'avatar', (event) => event.id === undefined)
    await other.avatars.remove()
    await gone
    assert.equal(await two.avatars.of(romeo.jid), undefined)
  })

  test('a picture that is too large is not published', async () => {
    await using server = await startTestServer()
    await using client = await online(server, [avatars])
    await assert.rejects(client.avatars.publish({ data: new Uint8Array(200_000) }), UsageError)
    await assert.rejects(client.avatars.publish({ data: new Uint8Array(0) }), UsageError)
    assert.equal(await client.avatars.of(client.jid!), undefined)
  })

  test('a card that cannot be read is not replaced by one with nothing but a picture', async () => {
    await using server = await HostileServer.start({
      startTls: 'absent',
      script: {
        receive(stanza, connection) {
          const payload = stanza.firstElement()
          if (payload?.is('vCard', 'vcard-temp') !== true) return
          if (stanza.attr('type') === 'set') connection.reply(stanza)
          else {
            const condition = el('internal-server-error', 'urn:ietf:params:xml:ns:xmpp-stanzas')
            const error = el('error', stanza.ns, { type: 'cancel' }, [condition])
            connection.send(el('iq', stanza.ns, { type: 'error', id: stanza.attr('id') }, [error]))
          }
          return true
        },
      },
    })
    await using romeo = await online(server, [avatars])
    await romeo.avatars.publish({ data: picture() }).catch(({ kind }) => assert.equal(kind, 'unsupported'))
    await romeo.request('get', el('ping', 'urn:xmpp:ping'))
    const cards = server.received('iq').filter((stanza) => stanza.firstElement()?.ns === 'vcard-temp')
    assert.deepEqual([...new Set(cards.map((stanza) => stanza.attr('type')))], ['get'])
    // nor is it said that there is no picture in it
    const said = server.received('presence').map((one) => one.child('x', 'vcard-temp:x:update')?.children)
    assert.deepEqual([...new Set(said.map((children) => children?.length))], [0])
  })

  test('a picture is taken only where it is the one that was announced, and not too large', async () => {
    const data = picture()
    let announced = { id: sha1(data), bytes: data.length, type: 'image/png' }
    let asked = 0
    await using server = await HostileServer.start({
      startTls: 'absent',
      script: {
        receive(stanza, connection) {
          const node = stanza.firstElement()?.child('items')?.attr('node')
          if (node === undefined) return
          const isData = node === 'urn:xmpp:avatar:data'
          if (isData) asked++
          const payload = isData ? avatarData.build({ data }) : avatarMetadata.build({ infos: [announced] })
          connection.reply(
            stanza,
            pubsub.build({ items: { node, items: [{ id: announced.id, payloads: [payload] }] } }),
          )
          return true
        },
      },
    })
    await using romeo = await online(server, [avatars])
    const own = `${romeo.jid!.bare}`
    announced = { ...announced, id: sha1(picture()) }
    await assert.rejects(romeo.avatars.of(own), UnexpectedAnswerError)
    announced = { ...announced, bytes: 10_000_000 }
    asked = 0
    assert.equal(await romeo.avatars.of(own), undefined)
    assert.equal(asked, 0)

    // hashes in presence: of contacts, and nobody else's business what a broken one says
    const heard: string[] = []
    romeo.on('avatar', ({ jid, id }) => heard.push(`${jid} ${id?.slice(0, 4)}`))
    const hash = sha1(data)
    const tell = (from: string, photo: ReturnType<typeof el>): void =>
      server.route(el('presence', 'jabber:client', { from, to: `${romeo.jid}` }, [photo]))
    tell('juliet@capulet.example/a', el('x', 'vcard-temp:x:update', {}, [el('photo', 'vcard-temp:x:update', {}, 'zz')]))
    tell('juliet@capulet.example/a', vcardAvatar.build({}))
    tell('juliet@capulet.example/a', vcardAvatar.build({ photo: hash }))
    tell('juliet@capulet.example/b', vcardAvatar.build({ photo: hash }))
    const last = next(romeo, 'avatar', ({ id }) => id === undefined)
    tell('juliet@capulet.example/b', vcardAvatar.build({ photo: '' }))
    await last
    assert.deepEqual(heard, [`juliet@capulet.example ${hash.slice(0, 4)}`, 'juliet@capulet.example undefined'])
  })
})
