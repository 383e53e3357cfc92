/** Strips marks that only servers and rooms may set, wherever a message comes from: once, before anybody keeps or copies it. */
import { type Feature, feature } from '../../feature.ts'
import { withoutForged } from './forged.ts'

export const marks: Feature = feature({
  name: 'marks',
  summary:
    'Strips forged marks from messages: delays in the name of this server, copies (carbons) and words of rooms that are none.',
  specifications: [
    { number: 'XEP-0203', version: '2.0', status: 'partial', note: 'what claims to be from this server is removed' },
  ],
  needs: ['host'],
  start: ({ host }) => ({
    stamp: ({ stanza, side, account, origin }) =>
      withoutForged(stanza, { side, account, host: host.jid, isFromUser: origin !== undefined }),
  }),
})
