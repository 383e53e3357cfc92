/** Holiday notes, step 2: they are kept in storage, and their length has a limit that the operator sets. */
import { StanzaError } from '@rookery/protocol/stanza'
import { el } from '@rookery/protocol/xml'
import { type Feature, feature } from '@rookery/server'
import { z } from 'zod'

const ns = 'urn:example:holiday'
const payload = { name: 'holiday', ns }
/** Where the note lies among the documents of its account. */
const key = 'holiday:note'

const config = z
  .strictObject({ longest: z.number().int().min(1).default(1000).describe('Most characters of a note.') })
  .prefault({})

export const holiday: Feature = feature({
  name: 'holiday',
  summary: 'Answers messages with a note while somebody is away.',
  specifications: [],
  config,
  needs: ['documents'],
  disco: { account: [ns] },
  start({ documents }, { longest }) {
    return {
      iq: [
        {
          type: 'set',
          at: 'account',
          payload,
          async handle(request) {
            const note = request.payload.text()
            if (note.length > longest)
              return new StanzaError('policy-violation', { text: `a note has at most ${longest} characters` })
            if (note === '') await documents.remove(request.to.local, key)
            else await documents.put(request.to.local, key, note)
            return undefined
          },
        },
        {
          type: 'get',
          at: 'account',
          payload,
          async handle(request) {
            return el('holiday', ns, {}, (await documents.get(request.to.local, key)) ?? '')
          },
        },
      ],
    }
  },
})
