/** Holiday notes, step 3: whoever writes to somebody who is away gets the note, once in a session. */
import { NS } from '@rookery/protocol'
import { type Message, message, StanzaError } from '@rookery/protocol/stanza'
import { el } from '@rookery/protocol/xml'
import { type Feature, feature, type Session, slot } from '@rookery/server'
import { z } from 'zod'
import { mayAnswer } from './may-answer.ts'

const ns = 'urn:example:holiday'
const payload = { name: 'holiday', ns }
const key = 'holiday:note'

/** On the session of a sender: whose notes it has had. */
const told = slot('holiday:told', 'connection', () => new Set<string>())
const mostTold = 500

const config = z
  .strictObject({ longest: z.number().int().min(1).default(1000).describe('Most characters of a note.') })
  .prefault({})

export const holiday: Feature = feature({
  name: 'holiday',
  summary: 'Answers messages with a note while somebody is away.',
  specifications: [],
  config,
  needs: ['documents', 'route', 'log'],
  disco: { account: [ns] },
  start({ documents, route, log }, { longest }) {
    async function answer(received: Message, sender: Session): Promise<void> {
      const account = received.to!.bare
      const note = await documents.get(account.local, key)
      const known = sender.get(told)
      if (note === undefined || known.has(account.toString())) return
      if (known.size >= mostTold) known.clear() // bounded, like everything that a client can make grow
      known.add(account.toString())
      await route(message(account, sender.jid, { type: received.type }, [el('body', NS.client, {}, note)]))
    }

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
      notify({ stanza, origin }) {
        // what the server sends itself has no origin: a note never answers a note
        if (stanza.kind === 'message' && origin !== undefined && mayAnswer(stanza, origin.get(told)))
          answer(stanza, origin).catch((error) => log.error({ error }, 'a holiday note could not be sent'))
        return undefined
      },
    }
  },
})
