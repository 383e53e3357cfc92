/** Client state indication, XEP-0352 1.0.0: a client says that nobody looks at it, and is spared what can wait. */
import { active, CSI_NS, csi as csiFeature, inactive } from '@rookery/protocol/xeps/csi'
import type { Element } from '@rookery/protocol/xml'
import { z } from 'zod'
import { type Feature, feature } from '../../feature.ts'
import type { Session } from '../../session.ts'
import { Held } from './held.ts'

/** What people see of each other when they look: none of it makes a phone ring. */
const quiet = [
  'http://jabber.org/protocol/activity',
  'http://jabber.org/protocol/geoloc',
  'http://jabber.org/protocol/mood',
  'http://jabber.org/protocol/nick',
  'http://jabber.org/protocol/tune',
  'urn:xmpp:avatar:data',
  'urn:xmpp:avatar:metadata',
  'urn:xmpp:vcard4',
  'eu.siacs.conversations.axolotl.devicelist',
  'urn:xmpp:omemo:2:devices',
]

const config = z
  .strictObject({
    presence: z.boolean().default(true).describe('Hold back presence; of each resource only the newest is sent later.'),
    chatStates: z.boolean().default(true).describe('Hold back messages that only say that somebody is typing.'),
    quietNodes: z.array(z.string()).default(quiet).describe('Nodes of personal eventing whose news is held back.'),
    stanzas: z
      .number()
      .int()
      .min(1)
      .default(1000)
      .describe('Most stanzas held back for a client; with one more, all are sent.'),
    bytes: z
      .number()
      .int()
      .min(1024)
      .default(131_072)
      .describe('Most bytes held back for a client; beyond, all are sent.'),
  })
  .prefault({})

export const csi: Feature = feature({
  name: 'csi',
  summary: 'Spares clients that nobody looks at what can wait.',
  specifications: [{ number: 'XEP-0352', version: '1.0.0', status: 'complete' }],
  config,
  needs: [],
  start(_, { presence, chatStates, quietNodes, stanzas, bytes }) {
    const policy = { presence, chatStates, quietNodes: new Set(quietNodes) }

    function wake(session: Session): undefined {
      session.holdback?.flush()
      session.setHoldback(undefined)
      return undefined
    }

    function indicated(session: Session, element: Element): undefined {
      if (active.matches(element)) return wake(session)
      if (inactive.matches(element) && session.holdback === undefined)
        session.setHoldback(new Held(session, policy, { stanzas, bytes }))
      return undefined
    }

    return {
      streamFeatures: [
        {
          name: 'csi',
          offer: (n) => (n.account === undefined ? undefined : csiFeature.build({})), // [XEP-0352 4.1]
          takes: (element, n) => n.session !== undefined && (active.matches(element) || inactive.matches(element)),
          receive: (element, n) => (n.session === undefined ? undefined : indicated(n.session, element)),
        },
      ],
      bindInline: [
        {
          namespace: CSI_NS,
          enable: (session, request) => indicated(session, request), // [XEP-0386 3.2]
        },
      ],
      // every stream begins active, that of a session which is resumed too [XEP-0352 5.2]
      session: { detached: wake, resumed: wake },
    }
  },
})
