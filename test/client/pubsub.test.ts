/** Nodes of accounts and of services, on three servers. What a server lacks, it says by its disco answer or by its refusal, and the test says so. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, type TestContext, test } from 'node:test'
import {
  type AnyExtension,
  avatars,
  bookmarks,
  type Client,
  displayed,
  mood,
  nick,
  pep,
  presence,
  pubsub,
  pubsubConditionOf,
  RequestError,
  roster,
  UnsupportedError,
} from '@rookery/client'
import { connect } from '@rookery/client/node'
import { DISCO_INFO_NS } from '@rookery/protocol/disco'
import type { Jid } from '@rookery/protocol/jid'
import { type Element, el } from '@rookery/protocol/xml'
import { next, within } from '../../packages/client/test/waiting.ts'
import type { Account, Target } from './harness/target.ts'
import { chosenTargets, startTarget } from './harness/targets.ts'
import { befriend, sees } from './suite/people.ts'

const ATOM = 'http://www.w3.org/2005/Atom'
interface Entry {
  readonly id: string
  readonly title: string
}
/** An Atom entry (RFC 4287), as far as this test needs it. */
const atom = {
  parse: (entry: Element): Entry | undefined => {
    const id = entry.childText('id')
    const title = entry.childText('title')
    return !entry.is('entry', ATOM) || id === undefined || title === undefined ? undefined : { id, title }
  },
  build: ({ id, title }: Entry): Element =>
    el('entry', ATOM, {}, [
      el('id', ATOM, {}, id),
      el('title', ATOM, {}, title),
      el('updated', ATOM, {}, '2026-01-01T00:00:00Z'),
    ]),
}
const entry = (number: number): Entry => ({ id: `tag:verona.example,2026:${number}`, title: `Letter ${number}` })

for (const name of chosenTargets((missing, why) => test(missing, (context) => context.skip(why)))) {
  describe(name, () => {
    let target: Target
    let count = 0
    before(async () => {
      target = await startTarget(name)
    })
    after(() => target.stop())

    const account = (): Promise<Account> => target.createAccount(`user${++count}`)
    const online = <const X extends readonly AnyExtension[]>({ jid, password }: Account, use: X): Promise<Client<X>> =>
      connect({ jid, password, service: target.service.xmpps, tls: { ca: target.ca }, use })

    /** The same, of whom the server knows what it wants to be told of: it has asked what this program can do, which is none of the others. */
    const follower = async <const X extends readonly AnyExtension[]>(
      { jid, password }: Account,
      use: X,
    ): Promise<Client<X>> => {
      let told: () => void = () => undefined
      const answered = new Promise<void>((resolve) => (told = resolve))
      const client = await connect({
        ...{ jid, password, service: target.service.xmpps, tls: { ca: target.ca }, use },
        software: `Follower ${++count}`,
        trace: (direction, said) => {
          const isAnswer = direction === 'out' && typeof said === 'string' && said.startsWith("<iq type='result'")
          if (isAnswer && said.includes(`<query xmlns='${DISCO_INFO_NS}'`)) told()
        },
      })
      await within(answered, 'the question what it can do')
      await client.request('get', el('ping', 'urn:xmpp:ping'))
      return client
    }

    /** Before they come: what somebody shares is told by ejabberd to contacts alone whose presence came when they were contacts both ways. */
    const becomeContacts = async (one: Account, other: Account): Promise<void> => {
      await using here = await online(one, [presence, roster])
      await using there = await online(other, [presence, roster])
      await befriend(here, there)
    }

    test('bookmarks and what was read are the same on all devices', async () => {
      const romeo = await account()
      await using phone = await follower(romeo, [bookmarks, displayed])
      await using desk = await follower(romeo, [bookmarks, displayed])
      await sees(phone, desk)
      await sees(desk, phone)
      const added = next(desk, 'bookmark')
      await phone.bookmarks.add('orchard@conference.localhost', { name: 'Orchard', autojoin: true, nick: 'R' })
      assert.equal((await added).bookmark?.name, 'Orchard')
      await phone.bookmarks.add('square@conference.localhost')
      const removed = next(phone, 'bookmark', ({ bookmark }) => bookmark === undefined)
      await desk.bookmarks.remove('orchard@conference.localhost')
      assert.equal(`${(await removed).room}`, 'orchard@conference.localhost')
      const read = next(desk, 'displayed')
      await phone.displayed.mark('juliet@localhost', 'm1')
      assert.equal((await read).id, 'm1')
      await using late = await online(romeo, [bookmarks, displayed])
      assert.deepEqual(
        late.bookmarks.all.map(({ room }) => `${room}`),
        ['square@conference.localhost'],
      )
      assert.equal(late.displayed.of('juliet@localhost')?.id, 'm1')
    })

    test('a node that another client made otherwise becomes private before anything is put there', async (context) => {
      const romeo = await account()
      await using client = await online(romeo, [pep, bookmarks])
      const node = client.pep.node('urn:xmpp:bookmarks:1')
      const conference = el('conference', 'urn:xmpp:bookmarks:1')
      try {
        await node.publish(conference, {
          id: 'old@conference.localhost',
          config: { access_model: 'open', max_items: 2 },
        })
      } catch (error) {
        if (!(error instanceof RequestError) || pubsubConditionOf(error) !== 'unsupported-access-model') throw error
        context.skip(`${name} has private nodes alone`)
        return
      }
      await client.bookmarks.add('new@conference.localhost')
      const juliet = await account()
      await using other = await online(juliet, [pep])
      await assert.rejects(other.pep.nodeOf(romeo.jid, 'urn:xmpp:bookmarks:1').item(), RequestError)
    })

    test('an owner lets somebody subscribe, and somebody else not [XEP-0060 8.6, 8.7]', async (context) => {
      const [owner, guest, stranger] = [await account(), await account(), await account()]
      await using romeo = await online(owner, [pubsub, presence])
      await using juliet = await online(guest, [pubsub, presence])
      await using mallory = await online(stranger, [pubsub, presence])
      const service = await romeo.pubsub.service()
      if (service === undefined) return context.skip(`${name} has no service`)
      const node = `letters${++count}`
      try {
        await romeo.pubsub.create(service, { name: node, config: { access_model: 'authorize' } })
      } catch (error) {
        if (!(error instanceof RequestError)) throw error
        return context.skip(`${name} has no such nodes: ${error.condition}`)
      }
      const requested = next(romeo, 'pubsub:requested')
      const granted = next(juliet, 'pubsub:subscription', ({ state }) => state === 'subscribed')
      assert.equal((await juliet.pubsub.node(service, node).subscribe()).state, 'pending')
      const request = await requested
      assert.deepEqual([`${request.service}`, request.node, `${request.jid}`], [`${service}`, node, guest.jid])
      const once = next(romeo, 'pubsub:requested')
      assert.deepEqual(await romeo.pubsub.pending(service), [node])
      assert.deepEqual(await romeo.pubsub.pending(service, { node }), [node])
      assert.equal(`${(await once).jid}`, guest.jid)
      request.allow()
      assert.equal((await granted).node, node)
      const second = next(romeo, 'pubsub:requested')
      const refused = next(mallory, 'pubsub:subscription', ({ state }) => state === 'none')
      await mallory.pubsub.node(service, node).subscribe()
      ;(await second).deny()
      await refused
      const states = (await romeo.pubsub.node(service, node).subscribers()).map(({ jid, state }) => `${jid} ${state}`)
      assert.deepEqual(
        states.filter((one) => !one.startsWith(owner.jid)),
        [`${guest.jid} subscribed`],
      )
    })

    test('an avatar is seen by the other device, and by a contact', async () => {
      const [romeo, juliet] = [await account(), await account()]
      await becomeContacts(romeo, juliet)
      await using phone = await follower(romeo, [avatars, presence])
      await using desk = await follower(romeo, [avatars])
      await using two = await follower(juliet, [avatars, presence])
      for (const follows of [desk, two]) await sees(phone, follows)
      const data = new Uint8Array(randomBytes(500))
      const [here, there] = [next(desk, 'avatar'), next(two, 'avatar', ({ id }) => id !== undefined)]
      await phone.avatars.publish({ data })
      assert.equal((await here).id, (await there).id)
      assert.deepEqual((await desk.avatars.of(romeo.jid))?.data, data)
      assert.deepEqual((await two.avatars.of(romeo.jid))?.data, data)
      const gone = next(two, 'avatar', ({ id }) => id === undefined)
      await phone.avatars.remove()
      await gone
      assert.equal(await two.avatars.of(romeo.jid), undefined)
    })

    test('contacts see the mood, and who is none does not', async (context) => {
      const [romeo, juliet, tybalt] = [await account(), await account(), await account()]
      await becomeContacts(romeo, juliet)
      await using one = await follower(romeo, [mood, nick, presence])
      await using two = await follower(juliet, [mood, nick])
      await using three = await online(tybalt, [mood])
      await sees(one, two)
      await one.nick.publish('Romeo')
      const told = next(two, 'mood')
      await one.mood.publish({ mood: 'in_love' })
      if (name === 'rookery') {
        await assert.rejects(two.mood.of(romeo.jid), RequestError)
        context.skip(`${name} has private nodes alone`)
        return
      }
      assert.deepEqual((await told).value, { mood: 'in_love' })
      assert.equal(await two.nick.of(romeo.jid), 'Romeo')
      await assert.rejects(three.mood.of(romeo.jid), RequestError)
    })

    describe('the service beside it', () => {
      let owner: Client<[typeof presence, typeof pubsub]>
      let reader: Client<[typeof presence, typeof pubsub]>
      let service: Jid | undefined
      const lacks = (context: TestContext): boolean => {
        if (service === undefined) context.skip(`${name} has no pubsub service`)
        return service === undefined
      }
      before(async () => {
        owner = await online(await account(), [presence, pubsub])
        reader = await online(await account(), [presence, pubsub])
        service = await owner.pubsub.service()
      })
      after(async () => {
        await owner.close()
        await reader.close()
      })

      test('an Atom entry reaches all subscribers', async (context) => {
        if (lacks(context)) return
        const feed = owner.pubsub.node(service!, 'letters', atom)
        await feed.create({ access_model: 'open', max_items: 50, persist_items: true, notify_retract: true })
        await using third = await online(await account(), [presence, pubsub])
        const heard = []
        for (const client of [reader, third]) {
          const node = client.pubsub.node(service!, 'letters', atom)
          assert.equal((await node.subscribe()).state, 'subscribed')
          heard.push(next(node, 'item'))
        }
        const id = await feed.publish(entry(1))
        assert.deepEqual(
          (await Promise.all(heard)).map(({ value }) => value),
          [entry(1), entry(1)],
        )
        assert.deepEqual((await feed.item(id))?.value, entry(1))

        const mine = await reader.pubsub.subscriptions(service!)
        assert.ok(mine.some(({ node, state }) => node === 'letters' && state === 'subscribed'))
        assert.equal((await feed.subscribers()).filter(({ state }) => state === 'subscribed').length >= 2, true)
        await reader.pubsub.node(service!, 'letters').unsubscribe({ subId: mine[0]?.subId })
        assert.equal(
          (await reader.pubsub.subscriptions(service!)).some(({ node }) => node === 'letters'),
          false,
        )
        const [theirs] = await third.pubsub.subscriptions(service!)
        const options = third.pubsub.node(service!, 'letters').subscriptionOptions({ subId: theirs?.subId })
        if (name === 'prosody') assert.notEqual((await options).values('include_body'), undefined)
        else await assert.rejects(options, UnsupportedError)
        await feed.setSubscriber(theirs!.jid, 'none') // the owner ends it [XEP-0060 8.8.2]
        assert.deepEqual(await feed.subscribers(), [])
      })

      test('items are read from the newest, by their ids, and page by page', async (context) => {
        if (lacks(context)) return
        const feed = owner.pubsub.node(service!, 'archive', atom)
        await feed.create({ access_model: 'open', max_items: 50, persist_items: true })
        for (let number = 1; number <= 7; number++) await feed.publish(entry(number), { id: `i${number}` })
        const read = reader.pubsub.node(service!, 'archive', atom)
        const ids = async (options?: Parameters<typeof read.items>[0]): Promise<string[]> => {
          const found = []
          for await (const { id } of read.items(options)) found.push(id)
          return found.sort()
        }
        assert.deepEqual(await ids(), ['i1', 'i2', 'i3', 'i4', 'i5', 'i6', 'i7'])
        assert.deepEqual(await ids({ pageSize: 3 }), ['i1', 'i2', 'i3', 'i4', 'i5', 'i6', 'i7'])
        assert.deepEqual(await ids({ max: 2 }), ['i6', 'i7'])
        assert.deepEqual(await ids({ ids: ['i2', 'i5'] }), ['i2', 'i5'])
        assert.equal((await read.item())?.id, 'i7')
        assert.equal(await read.item('none'), undefined)
        assert.equal(await reader.pubsub.node(service!, 'nowhere').item(), undefined)
      })

      test('what happens to a node is told to its subscribers', async (context) => {
        if (lacks(context)) return
        const feed = owner.pubsub.node(service!, 'events', atom)
        await feed.create({
          access_model: 'open',
          persist_items: true,
          max_items: 10,
          notify_retract: true,
          notify_delete: true,
          notify_config: true,
        })
        const read = reader.pubsub.node(service!, 'events', atom)
        await read.subscribe()
        const item = next(read, 'item')
        await feed.publish(entry(1), { id: 'one' })
        await item
        const retracted = next(read, 'retracted')
        await feed.retract('one')
        assert.equal((await retracted).id, 'one')
        await feed.configure({ title: 'Events' })
        assert.equal((await feed.configuration()).value('title'), 'Events')
        assert.equal((await feed.configuration()).value('access_model'), 'open')
        await feed.publish(entry(2), { id: 'two' })
        const purged = next(read, 'purged')
        await feed.purge()
        await purged
        assert.equal(await feed.item(), undefined)
        const deleted = next(read, 'deleted')
        await feed.delete()
        await deleted
        await assert.rejects(
          feed.items().next(),
          (error) => error instanceof RequestError && error.condition === 'item-not-found',
        )
      })

      test('an owner says who may publish; nodes are found, and preconditions hold', async (context) => {
        if (lacks(context)) return
        const feed = owner.pubsub.node(service!, 'closed', atom)
        await feed.create({ access_model: 'open', publish_model: 'publishers', persist_items: true, max_items: 5 })
        const other = reader.pubsub.node(service!, 'closed', atom)
        await assert.rejects(
          other.publish(entry(1)),
          (error) => error instanceof RequestError && error.condition === 'forbidden',
        )
        await feed.setAffiliation(reader.jid!.bare, 'publisher')
        await other.publish(entry(1))
        const list = await feed.affiliations()
        assert.equal(list.find(({ jid }) => jid.equals(reader.jid!.bare))?.affiliation, 'publisher')
        try {
          assert.ok((await reader.pubsub.affiliations(service!)).some(({ node }) => node === 'closed'))
        } catch (error) {
          if (!(error instanceof UnsupportedError)) throw error
          context.diagnostic(`${name} does not tell what one is to its nodes`)
        }
        const nodes = []
        for await (const { node } of reader.pubsub.nodes(service!)) nodes.push(node)
        assert.ok(nodes.includes('closed'))
        assert.ok((await owner.pubsub.defaultConfiguration(service!)).values('access_model') !== undefined)
        await assert.rejects(
          feed.publish(entry(2), { config: { access_model: 'whitelist' } }),
          (error) => error instanceof UnsupportedError || pubsubConditionOf(error) === 'precondition-not-met',
        )
        await assert.rejects(feed.create(), (error) => error instanceof RequestError && error.condition === 'conflict')
      })
    })
  })
}
