/** Which files a message has, and from where they may be fetched. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { el } from '../xml/index.ts'
import { downloadsOf, type FileMetadata, fileSharing, sharedFiles } from './file-sharing.ts'

const file: FileMetadata = { hashes: [], descriptions: [], thumbnails: [] }
const sources = { urls: [{ target: 'http://athens.example/owl' }, { target: 'HTTPS://athens.example/owl' }] }
const value = new Uint8Array([1])

it('a file with a hash that can be checked may come over any transport', () => {
  const checked = { ...file, hashes: [{ algorithm: 'sha-256', value }] }
  assert.deepEqual(downloadsOf(checked, sources), ['http://athens.example/owl', 'HTTPS://athens.example/owl'])
})

for (const algorithm of ['sha-1', 'blake2b-256', 'toString'])
  it(`a file with a hash by ${algorithm} comes over TLS only`, () =>
    assert.deepEqual(downloadsOf({ ...file, hashes: [{ algorithm, value }] }, sources), ['HTTPS://athens.example/owl']))

it('a message has all its files but those that are broken', () => {
  const children = [
    fileSharing.build({ id: '1', file: { ...file, name: 'owl.png' } }),
    el('file-sharing', 'urn:xmpp:sfs:0'),
    'text',
    fileSharing.build({ id: '2', file, sources }),
  ]
  const found = sharedFiles(el('message', 'jabber:client', undefined, children))
  assert.deepEqual(found, [
    { id: '1', file: { ...file, name: 'owl.png' } },
    { id: '2', file, sources },
  ])
})
