/** Private XML storage, XEP-0049 1.2: what clients keep at their server, for their own account alone. */
import { StanzaError } from '@rookery/protocol/stanza'
import { isReserved, PRIVATE_NS } from '@rookery/protocol/xeps/private'
import { type Element, el } from '@rookery/protocol/xml'
import { type Feature, feature } from '../../feature.ts'
import type { IqRequest } from '../../iq-request.ts'
import { isBlank, keyOf, PrivateDocuments, wireOf } from './documents.ts'

const payload = { name: 'query', ns: PRIVATE_NS }

export const privateStorage: Feature = feature({
  name: 'private',
  summary: 'Keeps XML that clients store for themselves.',
  specifications: [{ number: 'XEP-0049', version: '1.2', status: 'complete' }],
  needs: ['documents', 'limits'],
  disco: { host: [PRIVATE_NS] },
  start({ documents, limits }) {
    const kept = new PrivateDocuments(documents)

    async function get({ payload: query, to }: IqRequest): Promise<Element | StanzaError> {
      const asked = query.childElements()
      const one = asked[0]
      if (one === undefined || asked.length > 1) return new StanzaError('bad-request', { text: 'ask for one element' }) // [XEP-0049 2.3]
      if (isReserved(one.ns)) return reserved
      const found = await kept.read(to.local, one)
      return el('query', PRIVATE_NS, {}, [found ?? el(one.name, one.ns)])
    }

    async function set({ payload: query, to }: IqRequest): Promise<StanzaError | undefined> {
      const given = query.childElements()
      if (given.length === 0) return new StanzaError('not-acceptable', { text: 'there is nothing to keep' }) // [XEP-0049 2.3]
      if (given.some((element) => isReserved(element.ns))) return reserved
      const keys = new Set(given.map(keyOf))
      if (keys.size < given.length) return new StanzaError('not-acceptable', { text: 'the same element comes twice' })
      const writes = given.map((element) => ({ element, wire: isBlank(element) ? undefined : wireOf(element) }))
      const { privateBytes, privateDocuments } = limits
      if (privateBytes > 0 && writes.some(({ wire }) => wire !== undefined && wire.length > privateBytes))
        return new StanzaError('policy-violation', { text: `an element may have ${privateBytes} bytes` })
      if (privateDocuments > 0 && (await countAfter(to.local, writes)) > privateDocuments)
        return new StanzaError('resource-constraint', {
          text: `there may be ${privateDocuments} elements; remove some`,
        })
      await Promise.all(
        writes.map(({ element, wire }) =>
          wire === undefined ? kept.remove(to.local, element) : kept.write(to.local, element, wire),
        ),
      )
      return undefined
    }

    async function countAfter(
      local: string,
      writes: readonly { element: Element; wire: string | undefined }[],
    ): Promise<number> {
      const keys = await kept.keys(local)
      const before = keys.size
      for (const { element, wire } of writes) if (wire !== undefined) keys.add(keyOf(element))
      return keys.size === before ? 0 : keys.size // nothing new is always allowed
    }

    return {
      iq: [
        { type: 'get', at: 'account', payload, handle: get },
        { type: 'set', at: 'account', payload, handle: set },
      ],
    }
  },
})

const reserved = new StanzaError('not-acceptable', { text: 'this namespace is reserved' }) // [XEP-0049 2.3]
