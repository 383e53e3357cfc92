/** Says in presence what the client can do (XEP-0115), as servers want it that tell of the nodes of others. */
import { type Caps, caps, capsVersion } from '@rookery/protocol/caps'
import { disco } from '../src/features/disco.ts'
import { presence } from '../src/features/presence/index.ts'
import { defineExtension, type Extension } from '../src/index.ts'

const node = 'urn:example:capable'

export const capable: Extension<'capable', undefined> = defineExtension({
  name: 'capable',
  start: (core) => {
    const known = core.use(disco)
    const own = (): Caps => {
      const ver = capsVersion(known.own, (data) => core.crypto.hash('SHA-1', data))
      if (typeof ver !== 'string') throw new Error('the platform does not hash at once')
      return { hash: 'sha-1', node, ver }
    }
    known.answerNode((asked) => (asked === `${node}#${own().ver}` ? { info: known.own } : undefined))
    core.use(presence).decorate(() => caps.build(own()))
    return undefined
  },
})
