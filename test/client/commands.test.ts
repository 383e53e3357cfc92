/** Commands, invitations and registration of the client library, with those of Prosody and ejabberd. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  type Client,
  type ClientOptions,
  type Commands,
  commands,
  connect,
  type Extension,
  type Invites,
  invites,
  parseInvite,
  type Registration,
  RegistrationError,
  RequestError,
  register,
  registration,
  UnsupportedError,
} from '@rookery/client/node'
import type { Target } from './harness/target.ts'
import { chosenTargets, startTarget } from './harness/targets.ts'

type Use = readonly [
  Extension<'commands', Commands>,
  Extension<'invites', Invites>,
  Extension<'registration', Registration>,
]

for (const name of chosenTargets((missing, why) => test(missing, (context) => context.skip(why)))) {
  describe(`commands of ${name}`, { concurrency: false }, () => {
    let target: Target
    let admin: Client<Use>
    let romeo: Client<Use>

    const options = (jid: string, password: string): ClientOptions<Use> => ({
      jid,
      password,
      service: target.service.xmpp,
      tls: { ca: target.ca },
      use: [commands, invites, registration],
    })
    const login = async (local: string): Promise<Client<Use>> => {
      const { jid, password } = await target.createAccount(local)
      return await connect(options(jid, password))
    }
    const listed = async (client: Client<Use>): Promise<string[]> => {
      const nodes: string[] = []
      for await (const { node } of client.commands.list()) nodes.push(node)
      return nodes
    }

    before(async () => {
      target = await startTarget(name)
      admin = await login('admin')
      romeo = await login('romeo')
    })
    after(async () => {
      await Promise.all([admin?.close(), romeo?.close()])
      await target?.stop()
    })

    test('a form is filled in step by step, by who may', async (context) => {
      const node = 'http://jabber.org/protocol/admin#add-user'
      if (!(await listed(admin)).includes(node)) return context.skip(`${name} has no such command`)
      const session = await admin.commands.execute('localhost', node)
      assert.equal(session.status, 'executing')
      const names = session.form?.fields.map((field) => field.var)
      assert.ok(names?.includes('accountjid') && names.includes('password'), names?.join())
      const answers = { accountjid: 'benvolio@localhost', password: 'secret', 'password-verify': 'secret' }
      await (session.usual === 'next' ? session.next(answers) : session.complete(answers))
      assert.equal(session.status, 'completed')
      const benvolio = await connect(options('benvolio@localhost', 'secret'))
      await benvolio.close()
      const again = await admin.commands.execute('localhost', node)
      assert.equal((await again.cancel()).status, 'canceled')
      await assert.rejects(romeo.commands.execute('localhost', node), RequestError)
    })

    test('an invitation is made, and makes an account', async (context) => {
      const invitation = await romeo.invites.create().catch((error: unknown) => {
        if (error instanceof UnsupportedError) return undefined
        throw error
      })
      if (invitation === undefined) return context.skip(`${name} makes no invitations`)
      const invite = parseInvite(invitation.uri)
      assert.ok(invite?.kind === 'contact', invitation.uri)
      assert.equal(invite.jid.toString(), 'romeo@localhost')
      assert.ok((invitation.expires ?? 0) > Date.now())
      const account = options('mercutio@localhost', 'secret')
      await register({ ...account, password: 'secret', preauth: invite.token })
      const mercutio = await connect(account)
      await mercutio.close()
      await assert.rejects(
        register({ ...account, jid: 'tybalt@localhost', password: 'secret', preauth: 'wrong' }),
        (error) => error instanceof RegistrationError && error.reason === 'bad-token',
      )
    })

    test('an account is made, gets another password, and is ended', async () => {
      const account = options('paris@localhost', 'first')
      await register({ ...account, password: 'first' })
      await assert.rejects(
        register({ ...account, password: 'first' }),
        (error) => error instanceof RegistrationError && error.reason === 'taken',
      )
      const paris = await connect(account)
      await paris.registration.changePassword('second')
      await paris.close()
      await assert.rejects(connect(account), { kind: 'login' })
      const again = await connect({ ...account, password: 'second', reconnect: false })
      await again.registration.deleteAccount().catch((error: { kind?: string }) => {
        if (error.kind !== 'disconnected') throw error
      })
      await again.close()
      await assert.rejects(connect({ ...account, password: 'second' }), { kind: 'login' })
    })
  })
}
