/** What the core specification asks of any server and belongs to no room: binding again, the legacy session, its identity. */
import { NS } from '@rookery/protocol'
import { StanzaError } from '@rookery/protocol/stanza'
import { type Feature, feature } from '../../feature.ts'

export const core: Feature = feature({
  name: 'core',
  isEssential: true,
  summary: 'Identity of the server, and the requests of RFC 6120 that no room answers.',
  specifications: [
    { number: 'RFC 6120', version: '2011-03', status: 'complete' },
    { number: 'RFC 7395', version: '2014-10', status: 'complete', note: 'see-other-uri is never sent' },
    { number: 'RFC 7622', version: '2015-09', status: 'complete' },
    {
      number: 'XEP-0124',
      version: '1.11.2',
      status: 'complete',
      note: 'without the options for several streams, for compression and for reports of lost answers',
    },
    { number: 'XEP-0156', version: '1.4.0', status: 'complete' },
    { number: 'XEP-0170', version: '1.0', status: 'complete' },
    { number: 'XEP-0175', version: '1.2', status: 'complete' },
    { number: 'XEP-0178', version: '1.2', status: 'partial', note: 'clients only' },
    { number: 'XEP-0206', version: '1.4', status: 'complete' },
    { number: 'XEP-0368', version: '1.1.0', status: 'complete' },
    { number: 'XEP-0386', version: '1.1.0', status: 'complete' },
    { number: 'XEP-0388', version: '1.0.4', status: 'complete' },
    { number: 'XEP-0440', version: '1.0.0', status: 'complete' },
    { number: 'XEP-0474', version: '0.5.0', status: 'complete' },
    { number: 'XEP-0478', version: '0.2.0', status: 'complete' },
    { number: 'XEP-0480', version: '0.2.0', status: 'complete' },
    { number: 'XEP-0484', version: '0.2.0', status: 'complete', note: 'without TLS 0-RTT, which Node does not have' },
    { number: 'XEP-0487', version: '0.1.0', status: 'partial', note: 'host-meta.json for clients, without ech' },
    { number: 'XEP-0509', version: '0.2.0', status: 'complete' },
    { number: 'XEP-0515', version: '0.1.0', status: 'complete' },
  ],
  needs: ['host'],
  disco: {
    identities: {
      host: [{ category: 'server', type: 'im', name: 'Rookery' }],
      account: [{ category: 'account', type: 'registered' }],
    },
  },
  start: () => ({
    iq: [
      {
        type: 'set',
        at: 'account',
        payload: { name: 'bind', ns: NS.bind },
        // one resource a stream [RFC6120 7.1]
        handle: () => new StanzaError('not-allowed', { text: 'a resource is bound already' }),
      },
      { type: 'set', at: 'account', payload: { name: 'session', ns: NS.session }, handle: () => undefined },
      { type: 'set', at: 'host', payload: { name: 'session', ns: NS.session }, from: 'local', handle: () => undefined },
    ],
  }),
})
