import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { soapFault } from '@rookery/protocol/xeps/soap'
import { el } from '@rookery/protocol/xml'
import { startTestServer } from '@rookery/testkit'
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
})
