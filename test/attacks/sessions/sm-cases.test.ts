/**
 * The stream management cases of MongooseIM's sm_SUITE (catalogue, section 2.1), each under its name there, with the archive on and off. Those
 * that are attacks of their own are elsewhere: client_enables_sm_twice, client_acks_more_than_sent, resume_session_with_wrong_h_does_not_leak_sessions
 * and resume_session_with_wrong_sid in s74-resumption, too_many_unacked_stanzas in s77-queues, preserve_order in s79-races.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { expectEnd } from '../harness/answers.ts'
import { login, type RawClient } from '../harness/client.ts'
import { attributeOf, bodyOf, Managed, managed, resume } from '../harness/managed.ts'
import { startVictim, type Victim } from '../harness/server.ts'

const END = '</stream:stream>'
const SESSION = "<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>"
const chat = (to: string, body: string, more = ''): string =>
  `<message to='${to}' type='chat' id='${body}'><body>${body}</body>${more}</message>`
const bodies = (stanzas: readonly string[]): string[] =>
  stanzas.flatMap((one) => (one.startsWith('<message') && !one.includes("type='error'") ? (bodyOf(one) ?? []) : []))
const errors = (wire: string): string[] =>
  [...wire.matchAll(/<message [^>]*>/g)].map(([tag]) => tag).filter((tag) => tag.includes("type='error'"))

function cases(archive: boolean): void {
  describe(`with the archive ${archive ? 'on' : 'off'}`, () => {
    let victim: Victim
    let romeo: RawClient
    let count = 0
    before(async () => {
      victim = await startVictim({
        config: {
          limits: { bytesPerSecond: 0, offlineMessages: 20 },
          features: archive ? {} : { archive: false },
        },
        accounts: ['boss@a.example'],
      })
      romeo = await login(victim, 'boss@a.example', { presence: true })
    })
    after(async () => {
      romeo.close()
      await victim.stop()
    })

    /** An account for this case alone, so that nothing of another one waits for it. */
    async function account(): Promise<string> {
      const jid = `u${++count}@a.example`
      await victim.addAccount(jid)
      return jid
    }
    const say = async (...wires: readonly string[]): Promise<string> => {
      romeo.send(wires.join(''))
      return romeo.fence()
    }
    /** Logs in without stream management and gives what comes. */
    async function fetch(jid: string, expected: number): Promise<string[]> {
      const client = await login(victim, jid, { resource: 'later' })
      client.send('<presence/>')
      let came = ''
      for (let i = 0; i < 50 && (i < 3 || (came.match(/<body>/g) ?? []).length < expected); i++) {
        came += await client.fence()
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      client.send(END)
      await expectEnd(client)
      return [...came.matchAll(/<body>([^<]*)<\/body>/g)].map(([, body]) => body!)
    }
    async function end(client: Managed): Promise<void> {
      client.send(END)
      await expectEnd(client.raw)
    }
    /** Resumable for a second at most. */
    const brief = "resume='true' max='1'"
    const expired = async (jid: string): Promise<void> => {
      for (const deadline = Date.now() + 8000; (await victim.sessionsOf(jid)) > 0 && Date.now() < deadline; )
        await new Promise((resolve) => setTimeout(resolve, 50))
      assert.equal(await victim.sessionsOf(jid), 0)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }

    test('h_ok_before_session, h_ok_after_session_enabled_before_session, h_ok_after_session_enabled_after_session', async () => {
      const jid = await account()
      const early = new Managed(await login(victim, jid))
      await early.enable('')
      assert.equal(await early.handled(), 0)
      early.send(SESSION)
      assert.equal(await early.handled(), 1)
      await end(early)
      const late = new Managed(await login(victim, jid))
      late.send(SESSION)
      await late.raw.waitFor(/<iq [^>]*id='s'[^>]*\/>/)
      await late.enable('')
      assert.equal(await late.handled(), 0)
      await end(late)
    })

    test('h_ok_after_a_chat', async () => {
      const jid = await account()
      const client = await managed(victim, jid)
      const other = await managed(victim, jid, { resource: 'other', presence: false })
      for (let i = 0; i < 10; i++) client.send(chat(`${jid}/other`, `m${i}`))
      assert.equal(await client.handled(), 12)
      assert.deepEqual(
        await other.bodies(10),
        Array.from({ length: 10 }, (_, i) => `m${i}`),
      )
      other.acknowledge()
      assert.equal(await other.handled(), 1)
      for (const one of [client, other]) await end(one)
    })

    test('h_non_given_closes_stream_gracefully', async () => {
      const client = await managed(victim, await account())
      client.send("<a xmlns='urn:xmpp:sm:3'/>")
      assert.match(await client.raw.waitFor(END), /<stream:error>.*<\/stream:error><\/stream:stream>$/s)
      await expectEnd(client.raw)
    })

    test('resend_unacked_on_reconnection', async () => {
      const jid = await account()
      const client = await managed(victim, jid)
      await say(chat(jid, 'm1'), chat(jid, 'm2'), chat(jid, 'm3'))
      const got = await client.bodies(3)
      assert.deepEqual(got, ['m1', 'm2', 'm3'])
      await end(client) // in order, but without a word about what it got
      assert.deepEqual(await fetch(jid, 3), ['m1', 'm2', 'm3'])
      assert.deepEqual(await fetch(jid, 0), [])
    })

    test('resume_session, with what was not acknowledged and what came meanwhile', async () => {
      const jid = await account()
      const client = await managed(victim, jid)
      await say(chat(jid, 'm1'), chat(jid, 'm2'))
      await client.bodies(2)
      const { id, h } = client
      client.lose()
      await say(chat(jid, 'm3'))
      const [again, answer] = await resume(victim, jid, { id, h: h - 1 })
      assert.match(answer, /^<resumed /)
      assert.deepEqual(await again.bodies(2), ['m2', 'm3'])
      await again.all()
      again.acknowledge()
      await again.all()
      await end(again)
      assert.deepEqual(await fetch(jid, 0), [])
    })

    test('resume_dead_session_results_in_item_not_found', async () => {
      const jid = await account()
      const client = await managed(victim, jid)
      await end(client)
      const [late, answer] = await resume(victim, jid, client)
      assert.match(answer, /^<failed [^>]*><item-not-found /)
      // and it goes on as a new one
      await late.raw.bind('r')
      assert.match(await late.enable(), /^<enabled /)
      await end(late)
    })

    test('resume_expired_session_returns_correct_h', async () => {
      const jid = await account()
      const client = await managed(victim, jid, { enable: brief })
      for (let i = 0; i < 5; i++) client.send(chat('boss@a.example', `x${i}`))
      assert.equal(await client.handled(), 7)
      client.lose()
      await expired(jid)
      const [late, answer] = await resume(victim, jid, client)
      assert.match(answer, /^<failed [^>]*><item-not-found /)
      assert.equal(attributeOf(answer, 'h'), '7')
      late.raw.close()
      romeo.take()
    })

    test('resend_unacked_from_stopped_sessions, unacknowledged_message_hook_offline', async () => {
      for (const way of ['not resumable', 'expired', 'ended']) {
        const jid = await account()
        const client = await managed(victim, jid, { enable: way === 'not resumable' ? '' : brief })
        await say(chat(jid, 'm1'))
        await client.bodies(1)
        if (way === 'ended') await end(client)
        else client.lose()
        await expired(jid)
        await say(chat(jid, 'm2'))
        assert.deepEqual(await fetch(jid, 2), ['m1', 'm2'], way)
        assert.deepEqual(await fetch(jid, 0), [], way)
      }
    })

    test('relay_unacked_from_terminated_sessions: to the other resources', async () => {
      const jid = await account()
      const client = await managed(victim, jid, { enable: brief })
      client.send('<presence><priority>10</priority></presence>')
      await client.all()
      const other = await managed(victim, jid, { resource: 'other' })
      await say(chat(jid, 'm1'), chat(jid, 'm2'))
      await client.bodies(2)
      assert.deepEqual(bodies(await other.all()), [])
      client.lose()
      assert.deepEqual(await other.bodies(2), ['m1', 'm2'])
      other.acknowledge()
      await end(other)
      assert.deepEqual(await fetch(jid, 0), [])
    })

    test('relay_unacked_from_replaced_sessions: to the one that replaced it', async () => {
      for (const isThere of [true, false]) {
        const jid = await account()
        const client = await managed(victim, jid)
        await say(chat(jid, 'm1'), chat(jid, 'm2'))
        await client.bodies(2)
        if (!isThere) client.lose()
        const next = await managed(victim, jid, { presence: false })
        next.send('<presence/>')
        assert.deepEqual(await next.bodies(2), ['m1', 'm2'])
        if (isThere) assert.match(await client.raw.waitFor(END), /<conflict /)
        await next.all()
        next.acknowledge()
        await next.all()
        await end(next)
        assert.deepEqual(await fetch(jid, 0), [])
      }
    })

    test('resend_more_offline_messages_than_buffer_size', async () => {
      const small = await startVictim({
        canary: false,
        config: {
          limits: { bytesPerSecond: 0 },
          management: { stanzas: 64 },
          features: archive ? {} : { archive: false },
        },
      })
      const mallory = await login(small, 'mallory@a.example')
      const ids = Array.from({ length: 300 }, (_, i) => `m${i}`)
      for (const id of ids) mallory.send(chat('v@a.example', id))
      await mallory.fence()
      const got = new Set<string>()
      let first = ''
      // again and again a connection that breaks before it has acknowledged all
      for (const deadline = Date.now() + 20_000; Date.now() < deadline && got.size < ids.length; ) {
        const v = await managed(small, 'v@a.example', { presence: false, enable: '' })
        v.send('<presence/>')
        const asked = await v.all().catch(() => [])
        const came = bodies([...asked, ...v.rest()]) // also what came behind the answer, which is counted
        first ||= came[0] ?? ''
        for (const id of came) got.add(id)
        v.acknowledge(Math.min(v.h, 5 + came.length))
        v.raw.close()
        await v.raw.waitForEnd(1000)
      }
      assert.equal(first, 'm0')
      assert.equal(got.size, ids.length)
      mallory.close()
      await small.stop()
    })

    test('unacknowledged_message_hook_bounce: what was promised to a sender is kept, whatever the bound', async () => {
      const jid = await account()
      // 20 messages are all that is kept for somebody who is away; who is there may leave more unacknowledged
      const client = await managed(victim, jid, { enable: brief })
      romeo.take()
      const early = await say(...Array.from({ length: 25 }, (_, i) => chat(jid, `m${i}`)))
      assert.deepEqual(errors(early), [])
      assert.deepEqual(errors(await romeo.fence()), [])
      client.lose()
      await expired(jid)
      // what the archive has is not lost
      const expected = archive ? 20 : 25
      const kept = await fetch(jid, expected)
      assert.equal(kept.length, expected)
      assert.deepEqual(errors(await romeo.fence()), [])
      // and what is beyond it now is told to its sender
      await fetch(jid, 0)
      const late = await say(...Array.from({ length: 25 }, (_, i) => chat(jid, `n${i}`)))
      assert.equal(errors(late).length, archive ? 0 : 5)
      assert.equal((await fetch(jid, 20)).length, 20)
    })

    test('unacknowledged_message_hook_filter: what is from somebody blocked since is not handed on', async () => {
      const jid = await account()
      const client = await managed(victim, jid, { enable: brief })
      await say(chat(jid, 'm1'))
      await client.bodies(1)
      client.send("<iq type='set' id='b'><block xmlns='urn:xmpp:blocking'><item jid='boss@a.example'/></block></iq>")
      await client.all()
      client.lose()
      await expired(jid)
      assert.deepEqual(await fetch(jid, 0), [])
      romeo.take()
    })

    test('ignore_iq_result_from_old_session', async () => {
      const jid = await account()
      const client = await managed(victim, jid)
      client.send("<iq type='get' id='g'><query xmlns='jabber:iq:roster'/></iq>")
      client.send("<iq type='set' id='s'><query xmlns='jabber:iq:roster'><item jid='x@b.example'/></query></iq>")
      const push = (await client.all()).find((one) => one.startsWith('<iq') && one.includes("type='set'"))!
      assert.ok(push.includes('jabber:iq:roster'))
      client.lose()
      const next = await managed(victim, jid) // a new session with the same resource
      next.send(`<iq type='result' id='${attributeOf(push, 'id')}' to='${jid}'/>`)
      next.send(`<iq type='result' id='${attributeOf(push, 'id')}'/>`)
      assert.deepEqual(await next.all(), [])
      await end(next)
    })

    test('replies_are_processed_by_resumed_session: answers to requests of before come after', async () => {
      const jid = await account()
      const client = await managed(victim, jid)
      client.send(
        "<iq type='get' id='asked' to='a.example'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
      )
      const { id, h } = client
      await new Promise((resolve) => setTimeout(resolve, 50))
      client.raw.reset()
      const [again, answer] = await resume(victim, jid, { id, h })
      assert.match(answer, /^<resumed /)
      assert.ok((await again.all()).some((one) => attributeOf(one, 'id') === 'asked' && one.includes("type='result'")))
      await end(again)
    })

    test('a request that was sent to a session that does not come back is answered with an error', async () => {
      const jid = await account()
      const client = await managed(victim, jid, { enable: brief })
      client.send("<presence to='boss@a.example/r'/>")
      await client.all()
      await romeo.fence()
      client.lose()
      romeo.send(`<iq type='get' id='lost' to='${jid}/r'><q xmlns='urn:x'/></iq>`)
      await romeo.waitFor(/<iq [^>]*id='lost'[^>]*>.*?<service-unavailable /s)
      await romeo.fence()
    })

    test('carboncopy_works_after_resume', async () => {
      const jid = await account()
      const client = await managed(victim, jid, { resource: 'one' })
      const other = await login(victim, jid, { resource: 'two', presence: true })
      client.send("<iq type='set' id='c'><enable xmlns='urn:xmpp:carbons:2'/></iq>")
      await client.all()
      client.lose()
      await say(chat(`${jid}/two`, 'while away'))
      other.send(chat('boss@a.example', 'sent while away'))
      await other.fence()
      const [again] = await resume(victim, jid, client)
      const missed = await again.messages()
      assert.deepEqual(bodies(missed), ['while away', 'sent while away'])
      for (const one of missed) assert.match(one, /<(received|sent) xmlns='urn:xmpp:carbons:2'>/)
      await say(chat(`${jid}/two`, 'after'))
      assert.deepEqual(bodies(await again.messages()), ['after'])
      await end(again)
      other.send(END)
      await expectEnd(other)
      romeo.take()
      // a copy belonged to that session alone: nobody else gets it
      assert.deepEqual(await fetch(jid, 0), [])
    })

    test('subscription_requests_are_buffered_properly', async () => {
      const jid = await account()
      const client = await managed(victim, jid)
      client.lose()
      await say(`<presence to='${jid}' type='subscribe'/>`)
      const [again] = await resume(victim, jid, client)
      const requests = (await again.all()).filter((one) => one.includes("type='subscribe'"))
      assert.equal(requests.length, 1)
      client.raw.close()
      again.lose() // and lost once more, with the request not acknowledged
      const [third] = await resume(victim, jid, { id: again.id, h: again.h - 2 })
      assert.equal((await third.all()).filter((one) => one.includes("type='subscribe'")).length, 1)
      await end(third)
      const later = await login(victim, jid)
      later.send('<presence/>')
      assert.match(await later.fence(), /type='subscribe'/, 'it was never answered, so it comes at the next login')
      later.send(`<presence to='boss@a.example' type='unsubscribed'/>${END}`)
      await expectEnd(later)
      await romeo.fence()
    })

    test('resume_session_kills_old_C2S_gracefully', async () => {
      const jid = await account()
      const client = await managed(victim, jid)
      const [again, answer] = await resume(victim, jid, client)
      assert.match(answer, /^<resumed /)
      assert.match(await client.raw.waitFor(END), /<conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'\/>/)
      await expectEnd(client.raw)
      await end(again)
    })

    test('aggressively_pipelined_resume: stanzas in the same breath as the request', async () => {
      const jid = await account()
      const client = await managed(victim, jid)
      client.lose()
      const pipelined = `${client.h}'/>${chat('boss@a.example', 'p1')}<r xmlns='urn:xmpp:sm:3`
      const [again, answer] = await resume(victim, jid, client, pipelined)
      assert.match(answer, /^<resumed /)
      assert.equal(attributeOf(await again.other(), 'h'), String(Number(attributeOf(answer, 'h')) + 1))
      await romeo.waitFor('<body>p1</body>')
      again.raw.close()
    })

    test('messages_are_properly_flushed_during_resumption: those that come in that moment come once, in order', async () => {
      const jid = await account()
      let client = await managed(victim, jid)
      const got: string[] = []
      const ids = Array.from({ length: 200 }, (_, i) => `m${i}`)
      for (let i = 0; i < ids.length; i += 20) {
        const { id, h } = client
        got.push(...bodies(client.rest()))
        client.raw.reset()
        const resuming = resume(victim, jid, { id, h })
        for (const one of ids.slice(i, i + 20)) romeo.send(chat(jid, one))
        const [again, answer] = await resuming
        assert.match(answer, /^<resumed /)
        got.push(...bodies(await again.all()))
        again.acknowledge()
        client = again
      }
      await romeo.fence()
      got.push(...bodies(await client.all()))
      assert.deepEqual(got, ids)
      await end(client)
    })
  })
}

describe('stream management', { concurrency: 2 }, () => {
  cases(true)
  cases(false)
})
