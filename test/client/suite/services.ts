/** Commands, calls and what else is asked of servers and programs. */
import assert from 'node:assert/strict'
import {
  commands,
  externalServices,
  invites,
  parseInvite,
  push,
  RpcFault,
  register,
  registration,
  rpc,
  SoapFaultError,
  soap,
} from '@rookery/client/node'
import { el } from '@rookery/protocol/xml'
import { type Behaviour, behaviour } from './behaviour.ts'

const own = 'jabber:iq:register'
const invite = { command: 'urn:xmpp:invite#invite' }

export const services: readonly Behaviour[] = [
  behaviour('commands', 'one device executes a command of the other, step by step', {}, async ({ login }) => {
    const desk = await login('romeo', [commands])
    const phone = await login('romeo', [commands])
    phone.commands.offer({
      node: 'ring',
      name: 'Ring',
      run: async (dialogue) => {
        const reply = await dialogue.ask({ fields: [{ var: 'times', type: 'text-single', required: true }] })
        return { notes: [{ type: 'info', text: `rang ${reply.values('times')[0]} times` }] }
      },
    })
    const names: string[] = []
    for await (const { node } of desk.commands.list(phone.jid!)) names.push(node)
    assert.deepEqual(names, ['ring'])
    const session = await desk.commands.execute(phone.jid!, 'ring')
    assert.equal(session.status, 'executing')
    await session.complete({ times: '3' })
    assert.deepEqual([session.status, session.notes[0]?.text], ['completed', 'rang 3 times'])
  }),

  behaviour(
    'commands',
    'those of the server are listed, and who may not is told',
    { needs: ['http://jabber.org/protocol/commands'] },
    async ({ login, target }) => {
      const romeo = await login('romeo', [commands])
      for await (const { jid, node } of romeo.commands.list()) assert.ok(jid.toString() !== '' && node !== '')
      await assert.rejects(romeo.commands.execute(target.domain, 'http://jabber.org/protocol/admin#add-user'), {
        kind: 'request',
      })
    },
  ),

  behaviour(
    'registration',
    'an account is made, gets another password, and is ended',
    { needs: [own] },
    async ({ target, device, login, jid }) => {
      const options = { service: target.service.xmpps, tls: { ca: target.ca } }
      const account = { ...options, jid: jid('paris'), password: 'first' }
      await register(account)
      await assert.rejects(register(account), { kind: 'registration', reason: 'taken' })
      const paris = await login('asks', [registration], account)
      await paris.registration.changePassword('second')
      await paris.close()
      const late = await device('asks', [], account)
      await assert.rejects(late.connect(), { kind: 'login', reason: 'refused' })
      const again = await login('asks', [registration], { ...account, password: 'second', reconnect: false })
      await again.registration.deleteAccount().catch((error: { kind?: string }) => {
        if (error.kind !== 'disconnected') throw error // some end the session without an answer
      })
      const gone = await device('asks', [], { ...account, password: 'second' })
      await assert.rejects(gone.connect(), { kind: 'login' })
    },
  ),

  behaviour('invites', 'an invitation makes an account', { needs: [invite] }, async ({ target, login, jid }) => {
    const romeo = await login('romeo', [invites])
    const invitation = await romeo.invites.create()
    const link = parseInvite(invitation.uri)
    assert.ok(link?.kind === 'contact' && `${link.jid}` === jid('romeo'), invitation.uri)
    const options = { service: target.service.xmpps, tls: { ca: target.ca } }
    await register({ ...options, jid: jid('mercutio'), password: 'secret-mercutio', preauth: link.token })
    await login('asks', [], { jid: jid('mercutio'), password: 'secret-mercutio' })
  }),

  behaviour('rpc', 'a procedure of the other device is called, and may fail', {}, async ({ login }) => {
    const desk = await login('romeo', [rpc])
    const phone = await login('romeo', [rpc])
    phone.rpc.offer('sum', (numbers) => numbers.reduce<number>((sum, number) => sum + Number(number), 0))
    phone.rpc.offer('fail', () => {
      throw new RpcFault(42, 'No')
    })
    assert.equal(await desk.rpc.call(phone.jid!, 'sum', 1, 2, 39), 42)
    await assert.rejects(desk.rpc.call(phone.jid!, 'fail'), (error) => error instanceof RpcFault && error.code === 42)
    await assert.rejects(desk.rpc.call(phone.jid!, 'unknown'), RpcFault)
  }),

  behaviour('soap', 'an envelope is answered, or refused', {}, async ({ login }) => {
    const desk = await login('romeo', [soap])
    const phone = await login('romeo', [soap])
    const word = (text: string) => el('word', 'urn:example:word', {}, text)
    phone.soap.offer(({ body }) => {
      if (body[0]?.text() === 'bad') throw new SoapFaultError('Receiver', 'Not today')
      return { body: [word(`${body[0]?.text()} indeed`)] }
    })
    assert.equal((await desk.soap.call(phone.jid!, { body: [word('well')] })).body[0]?.text(), 'well indeed')
    await assert.rejects(desk.soap.call(phone.jid!, { body: [word('bad')] }), SoapFaultError)
  }),

  behaviour('push', 'notifications are turned on and off', { needs: ['urn:xmpp:push:0'] }, async ({ login }) => {
    const romeo = await login('romeo', [push])
    await romeo.push.enable('push.example', { node: 'device-1', publishOptions: { secret: 'x' } })
    await romeo.push.enable('push.example', { node: 'device-1' })
    await romeo.push.disable('push.example', { node: 'device-1' })
    await romeo.push.enable('push.example', { node: 'device-1' })
    await romeo.push.disable('push.example')
  }),

  behaviour(
    'external-services',
    'servers for calls are listed, with a way to log in',
    { needs: ['urn:xmpp:extdisco:2'] },
    async ({ login }) => {
      const romeo = await login('romeo', [externalServices])
      const all = await romeo.externalServices.list()
      assert.deepEqual(all.map(({ type }) => type).sort(), ['stun', 'turn'])
      const [turn] = await romeo.externalServices.list('turn')
      assert.deepEqual([turn?.host, turn?.port, turn?.transport], ['127.0.0.1', 3478, 'udp'])
      const [login2] = turn?.password === undefined ? await romeo.externalServices.credentials(turn!) : [turn]
      assert.ok(login2?.username !== undefined && login2.password !== undefined)
    },
  ),
]
