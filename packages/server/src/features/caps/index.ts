/** Entity capabilities, XEP-0115 1.6.0: the server's own, and what clients can do for the features that want to know. */
import { hash } from 'node:crypto'
import { capsVersion, caps as codec } from '@rookery/protocol/caps'
import { isBroken } from '@rookery/protocol/codec'
import { DISCO_INFO_NS, discoInfo } from '@rookery/protocol/disco'
import { CAPS_NS } from '@rookery/protocol/xeps/caps'
import type { Element } from '@rookery/protocol/xml'
import { z } from 'zod'
import { type Feature, feature } from '../../feature.ts'
import { provide } from '../../service.ts'
import { capabilitiesService } from '../../services/capabilities.ts'
import { discoService } from '../../services/disco.ts'
import { ClientCapabilities, learned } from './clients.ts'

const config = z
  .strictObject({
    node: z.string().min(1).default('urn:rookery:server').describe('URI that names this software in its capabilities.'),
  })
  .prefault({})

export const caps: Feature = feature({
  name: 'caps',
  summary: 'Announces what the server offers with its stream features, and learns what clients want to be told.',
  specifications: [
    {
      number: 'XEP-0115',
      version: '1.6.0',
      status: 'partial',
      note: "the server's own, and those of its clients; without the optimization",
    },
  ],
  config,
  needs: ['services', 'ask', 'log'],
  uses: [discoService],
  slots: [learned],
  disco: { host: [CAPS_NS] },
  start({ services, ask, log }, { node }) {
    let announced: { ver: string; element: Element } | undefined
    /** Once all features are started; what they declared does not change. [XEP-0115 5.1] */
    function own(): typeof announced {
      if (announced !== undefined) return announced
      const info = discoInfo.parse(services.use(discoService).hostInfo())
      if (info === undefined || isBroken(info)) return undefined
      const ver = capsVersion(info, (data) => hash('sha1', data, 'buffer'))
      if (typeof ver !== 'string') {
        log.error({ ver }, 'the capabilities of the server cannot be announced')
        return undefined
      }
      announced = { ver, element: codec.build({ hash: 'sha-1', node, ver }) }
      return announced
    }

    return {
      streamFeatures: [
        {
          name: 'caps',
          // nothing but STARTTLS where that is required [RFC6120 5.3.1]
          offer: (n) => (n.config.tls.required && n.tls === undefined ? undefined : own()?.element), // [XEP-0115 6.3]
          takes: () => false,
          receive: () => undefined,
        },
      ],
      provides: [provide(capabilitiesService, new ClientCapabilities(ask, log))],
      node(name, { to, payload }) {
        if (!to.isDomain || payload.ns !== DISCO_INFO_NS) return undefined
        return name === `${node}#${own()?.ver}` ? services.use(discoService).hostInfo() : undefined // [XEP-0115 6.2]
      },
    }
  },
})
