import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as NS from '../namespaces.ts'
import { el } from '../xml/index.ts'
import { featureFor, offerAll, type StreamFeature } from './index.ts'

interface Context {
  isSecure: boolean
}

const feature = (name: string, mayOffer: (context: Context) => boolean): StreamFeature<Context> => ({
  name,
  offer: (context) => (mayOffer(context) ? el(name, 'urn:f') : undefined),
  takes: (element, context) => element.is(name, 'urn:f') && mayOffer(context),
  receive: () => undefined,
})

const features = [
  feature('tls', (context) => !context.isSecure),
  feature('login', (context) => context.isSecure),
  feature('always', () => true),
]

test('offers what may be offered now, in the order of the list [RFC6120 4.3.2]', () => {
  const names = (context: Context) =>
    offerAll(features, context)
      .childElements()
      .map((element) => element.name)
  assert.deepEqual(names({ isSecure: false }), ['tls', 'always'])
  assert.deepEqual(names({ isSecure: true }), ['login', 'always'])
})

test('offers an empty list when there is nothing', () => {
  const offered = offerAll([], {})
  assert.ok(offered.is('features', NS.streams))
  assert.equal(offered.children.length, 0)
})

test('finds the feature that takes an element now', () => {
  const find = (name: string, isSecure: boolean) => featureFor(features, el(name, 'urn:f'), { isSecure })?.name
  assert.equal(find('tls', false), 'tls')
  assert.equal(find('tls', true), undefined)
  assert.equal(find('login', true), 'login')
  assert.equal(find('other', true), undefined)
  assert.equal(featureFor(features, el('tls', 'urn:other'), { isSecure: false }), undefined)
})

test('the first in the list takes what two would take', () => {
  const twin = { ...features[2]!, receive: () => undefined }
  assert.equal(featureFor([twin, features[2]!], el('always', 'urn:f'), { isSecure: true }), twin)
})
