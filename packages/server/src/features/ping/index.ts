/** XMPP Ping, XEP-0199 2.0.1: whether the server is there. Asking clients is connection.ts's. */
import { PING_NS } from '@rookery/protocol/xeps/ping'
import { type Feature, feature } from '../../feature.ts'

const payload = { name: 'ping', ns: PING_NS }

export const ping: Feature = feature({
  name: 'ping',
  summary: 'Answers pings to the server and to the own account.',
  specifications: [{ number: 'XEP-0199', version: '2.0.1', status: 'complete' }],
  needs: [],
  disco: { host: [PING_NS], account: [PING_NS] },
  start: () => ({
    iq: [
      { type: 'get', at: 'host', payload, handle: () => undefined }, // [XEP-0199 4.2]
      { type: 'get', at: 'account', payload, handle: () => undefined },
    ],
  }),
})
