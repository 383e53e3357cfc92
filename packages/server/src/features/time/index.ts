/** Entity time, XEP-0202 2.0: the clock of the server. */
import { time as codec, TIME_NS } from '@rookery/protocol/xeps/time'
import { type Feature, feature } from '../../feature.ts'

export const time: Feature = feature({
  name: 'time',
  summary: 'Tells the time of the server.',
  specifications: [{ number: 'XEP-0202', version: '2.0', status: 'complete' }],
  needs: ['clock'],
  disco: { host: [TIME_NS] },
  start: ({ clock }) => ({
    iq: [
      {
        type: 'get',
        at: 'host',
        payload: { name: 'time', ns: TIME_NS },
        handle: () => {
          const now = clock.now()
          return codec.build({ tzo: -Math.round(new Date(now).getTimezoneOffset()) || 0, utc: now })
        },
      },
    ],
  }),
})
