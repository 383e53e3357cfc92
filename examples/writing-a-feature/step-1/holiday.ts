/** Holiday notes, step 1: an account can leave a note and read it again. */
import { el } from '@rookery/protocol/xml'
import { type Feature, feature } from '@rookery/server'

const ns = 'urn:example:holiday'
const payload = { name: 'holiday', ns }

export const holiday: Feature = feature({
  name: 'holiday',
  summary: 'Answers messages with a note while somebody is away.',
  specifications: [],
  needs: [],
  disco: { account: [ns] },
  start() {
    const notes = new Map<string, string>()
    return {
      iq: [
        {
          type: 'set',
          at: 'account',
          payload,
          handle(request) {
            notes.set(request.to.local, request.payload.text())
            return undefined
          },
        },
        {
          type: 'get',
          at: 'account',
          payload,
          handle: (request) => el('holiday', ns, {}, notes.get(request.to.local) ?? ''),
        },
      ],
    }
  },
})
