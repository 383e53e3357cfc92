import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { soapFault } from '@rookery/protocol/xeps/soap'
import { el } from '@rookery/protocol/xml'
import { startTestServer } from '@rookery/testkit'
import { HostileServer } from '../../../../test/client/harness/hostile-server.ts'
import { acquaint, online } from '../../test/online.ts'
import { RequestError, SoapFaultError, soap } from '../index.ts'

const NS = 'urn:example:travel'

describe('envelopes of SOAP', () => {
  test('are sent, answered and refused', async () => {
    await using server = await startTestServer()
    await using romeo = await online(server, [soap])
    await using juliet = await online(server, [soap])
    await acquaint(romeo, juliet)
    const book = { header: [el('deal', NS)], body: [el('book', NS, { to: 'Mantua' })] }
    await assert.rejects(romeo.soap.call(juliet.jid!, book), { condition: 'service-unavailable' })
    juliet.soap.offer(() => ({ body: [] }))
    await assert.rejects(romeo.soap.call(juliet.jid!, book), { condition: 'forbidden' })
    juliet.soap.offer(
      ({ header, body }, from) => {
        assert.ok(from.equals(romeo.jid!))
        assert.equal(header?.[0]?.name, 'deal')
        const to = body[0]?.attr('to')
        if (to === 'Hades') throw new SoapFaultError('Sender', 'Nobody returns from there.')
        if (to === 'Nowhere')
          return { body: [soapFault.build({ code: { value: 'Receiver' }, reasons: [{ text: 'No such place.' }] })] }
        return { body: [el('booked', NS, { to })] }
      },
      { allowed: (jid) => jid.bare.equals(romeo.jid!.bare) },
    )
    const answer = await romeo.soap.call(juliet.jid!, book)
    assert.deepEqual([answer.body[0]?.name, answer.body[0]?.attr('to')], ['booked', 'Mantua'])
    const expected = (code: string, text: string) => (error: unknown) => {
      assert.ok(error instanceof SoapFaultError)
      assert.deepEqual([error.code, error.message], [code, text])
      return true
    }
    const to = (place: string) => ({ header: book.header, body: [el('book', NS, { to: place })] })
    await assert.rejects(romeo.soap.call(juliet.jid!, to('Hades')), expected('Sender', 'Nobody returns from there.'))
    await assert.rejects(romeo.soap.call(juliet.jid!, to('Nowhere')), expected('Receiver', 'No such place.'))
    await using plain = await online(server, [])
    await acquaint(romeo, plain)
    await assert.rejects(romeo.soap.call(plain.jid!, book), RequestError)
  })

  test('a fault that comes beside the error is read whole [XEP-0072 3.1]', async () => {
    await using server = await HostileServer.start({ script: {} })
    await using romeo = await online(server, [soap])
    server.script.receive = (element, connection) => {
      if (element.firstElement()?.name !== 'Envelope') return
      const body =
        "<e:Body><e:Fault><e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value>rpc:BadArguments</e:Value></e:Subcode></e:Code><e:Reason><e:Text xml:lang='en'>No such road.</e:Text></e:Reason></e:Fault></e:Body>"
      connection.put(
        `<iq type='error' id='${element.attr('id')}' from='${element.attr('to')}'><e:Envelope xmlns:e='http://www.w3.org/2003/05/soap-envelope'>${body}</e:Envelope><error type='modify'><undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><Sender xmlns='http://jabber.org/protocol/soap#fault'/></error></iq>`,
      )
      return true
    }
    await assert.rejects(romeo.soap.call('travel.localhost', { body: [el('book', NS)] }), (error: unknown) => {
      assert.ok(error instanceof SoapFaultError)
      assert.deepEqual([error.code, error.message], ['Sender', 'No such road.'])
      assert.equal(error.fault?.code.subcode, 'rpc:BadArguments')
      return true
    })
  })
})
