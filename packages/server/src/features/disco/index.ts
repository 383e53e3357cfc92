/** Service discovery, XEP-0030 2.5.0: what the host and its accounts are and have. Who declared what is the catalogue's. */
import { type Maybe, then } from '@rookery/protocol'
import { DISCO_INFO_NS, DISCO_ITEMS_NS } from '@rookery/protocol/disco'
import { parseJid } from '@rookery/protocol/jid'
import { StanzaError } from '@rookery/protocol/stanza'
import { type Element, el } from '@rookery/protocol/xml'
import { z } from 'zod'
import { type Feature, feature } from '../../feature.ts'
import type { IqRequest } from '../../iq-request.ts'
import { provide } from '../../service.ts'
import { discoService } from '../../services/disco.ts'
import { guestInfoOf, infoOf, itemsAnswer, resourceItems } from './answers.ts'

const info = { name: 'query', ns: DISCO_INFO_NS }
const items = { name: 'query', ns: DISCO_ITEMS_NS }
const noSuchNode = new StanzaError('item-not-found') // [XEP-0030 7]

const address = z
  .string()
  .refine((text) => parseJid(text) !== undefined, 'this is no address')
  .describe('Its address.')
const config = z
  .strictObject({
    items: z
      .array(z.strictObject({ jid: address, name: z.string().optional().describe('What people call it.') }))
      .default([])
      .describe('Services elsewhere that clients find in the list of ours, e.g. rooms on another server.'),
  })
  .prefault({})

export const disco: Feature = feature({
  name: 'disco',
  summary: 'Tells what the server and accounts are, and what they offer.',
  specifications: [
    {
      number: 'XEP-0030',
      version: '2.5.0',
      status: 'complete',
      note: 'items of an account are refused to strangers, as its info is, where the XEP has an empty list',
    },
    { number: 'XEP-0128', version: '1.0.1', status: 'complete' },
  ],
  config,
  needs: ['accounts', 'catalogue', 'sessions'],
  disco: { host: [DISCO_INFO_NS, DISCO_ITEMS_NS], account: [DISCO_INFO_NS, DISCO_ITEMS_NS] },
  start({ accounts, catalogue, sessions }, settings) {
    const elsewhere = settings.items.map(({ jid, name }) => el('item', DISCO_ITEMS_NS, { jid, name }))
    // what was declared does not change while the host runs
    let hostInfo: Element | undefined
    let accountInfo: Element | undefined
    let guestInfo: Element | undefined
    const aboutHost = (): Element => (hostInfo ??= infoOf(catalogue, 'host'))
    const aboutAccount = ({ to }: IqRequest): Maybe<Element> => {
      accountInfo ??= infoOf(catalogue, 'account')
      const account = accountInfo
      return then(accounts.exists(to.local), (exists) => (exists ? account : (guestInfo ??= guestInfoOf(account))))
    }

    /** With a node somebody else's, without one our own answer. */
    function answer(request: IqRequest, own: () => Maybe<Element>): Maybe<Element | StanzaError> {
      const node = request.payload.attr('node')
      if (node === undefined) return own()
      return then(catalogue.node(node, request), (found) => {
        if (found === undefined) return noSuchNode
        return found instanceof StanzaError ? found : found.with({ node }) // [XEP-0030 3.2]
      })
    }

    /** Only the owner is told what is connected; a contact knows from presence. */
    function resources({ from, to }: IqRequest): Element {
      const isOwner = from.bare.equals(to.bare)
      return itemsAnswer(isOwner ? resourceItems(sessions.of(to.local).map((session) => session.jid)) : [])
    }

    return {
      items: () => elsewhere,
      iq: [
        { type: 'get', at: 'host', payload: info, handle: (request) => answer(request, aboutHost) },
        {
          type: 'get',
          at: 'host',
          payload: items,
          handle: (request) => answer(request, () => then(catalogue.items(), itemsAnswer)),
        },
        // strangers are told what they are told about an account that does not exist [XEP-0030 8, S101]
        {
          type: 'get',
          at: 'account',
          from: 'subscriber',
          payload: info,
          handle: (request) => answer(request, () => aboutAccount(request)),
        },
        {
          type: 'get',
          at: 'account',
          from: 'subscriber',
          payload: items,
          handle: (request) => answer(request, () => resources(request)),
        },
      ],
      provides: [
        provide(discoService, {
          hostInfo: (node?: string) => (node === undefined ? aboutHost() : aboutHost().with({ node })),
        }),
      ],
    }
  },
})
