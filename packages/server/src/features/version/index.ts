/** Software version, XEP-0092 1.1. The operating system is told only where the operator wants it. */
import { type } from 'node:os'
import { version as codec, VERSION_NS } from '@rookery/protocol/xeps/version'
import { z } from 'zod'
import { type Feature, feature } from '../../feature.ts'

const config = z
  .strictObject({ os: z.boolean().default(false).describe('Tell the name of the operating system.') })
  .prefault({})

export const version: Feature = feature({
  name: 'version',
  summary: 'Tells the name and version of the server software.',
  specifications: [{ number: 'XEP-0092', version: '1.1', status: 'complete' }],
  config,
  needs: ['host'],
  disco: { host: [VERSION_NS] },
  start: ({ host: { software } }, { os }) => {
    const answer = codec.build({ name: software.name, version: software.version, os: os ? type() : undefined }) // [XEP-0092 5]
    return { iq: [{ type: 'get', at: 'host', payload: { name: 'query', ns: VERSION_NS }, handle: () => answer }] }
  },
})
