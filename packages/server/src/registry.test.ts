import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { jid } from '@rookery/protocol/jid'
import { Lane } from './lane.ts'
import { Registry } from './registry.ts'
import { Session } from './session.ts'

const link = {
  remoteAddress: '',
  isSecure: false,
  write: () => undefined,
  flushed: () => undefined,
  close: () => undefined,
}
const session = (address: string) => new Session(jid(address), link, new Lane(1, assert.ifError), 0, 1)

describe('the registry', () => {
  test('knows sessions by account, in the order of binding, and by full JID', () => {
    const registry = new Registry()
    const [b, a, other] = [session('j@x.org/b'), session('j@x.org/a'), session('r@x.org/a')]
    for (const one of [b, a, other]) registry.add(one)
    assert.deepEqual(registry.of('j'), [b, a])
    assert.equal(registry.find(jid('j@x.org/a')), a)
    assert.equal(registry.find(jid('j@x.org/c')), undefined)
    assert.equal(registry.find(jid('nobody@x.org/a')), undefined)
    assert.equal(registry.find(jid('j@x.org')), undefined)
    assert.deepEqual(registry.of('nobody'), [])
    assert.deepEqual([...registry.all()], [b, a, other])
    assert.equal(registry.size, 3)
  })

  test('removes the very session: a newer one of the same name stays', () => {
    const registry = new Registry()
    const [older, newer] = [session('j@x.org/a'), session('j@x.org/a')]
    registry.add(older)
    registry.remove(older)
    registry.add(newer)
    registry.remove(older)
    assert.equal(registry.find(newer.jid), newer)
    assert.equal(registry.size, 1)
    registry.remove(newer)
    registry.remove(newer)
    assert.equal(registry.size, 0)
    assert.deepEqual(registry.of('j'), [])
  })

  test('a list that somebody walks over does not change under him', () => {
    const registry = new Registry()
    const all = ['a', 'b', 'c'].map((resource) => session(`j@x.org/${resource}`))
    for (const one of all) registry.add(one)
    const seen: Session[] = []
    for (const one of registry.of('j')) {
      seen.push(one)
      registry.remove(one)
      registry.add(session(`j@x.org/new-${seen.length}`))
    }
    assert.deepEqual(seen, all)
    assert.equal(registry.size, 3)
  })
})
