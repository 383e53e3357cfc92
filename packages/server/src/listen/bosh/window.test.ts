import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { KeySequence } from './keys.ts'
import { RequestWindow } from './window.ts'

const first = 9_007_199_254

/** Sends requests by name; an exchange is the name with a number behind it. */
function opened(size = 2): {
  window: RequestWindow<string, string>
  arrive: (rid: number, request?: string, isExtra?: boolean) => string
  turns: () => string[]
} {
  const window = new RequestWindow<string, string>(first, size)
  let count = 0
  return {
    window,
    arrive(rid, request = `r${rid - first}`, isExtra = false) {
      const arrival = window.arrive(rid, request, request, `${request}.${count++}`, isExtra)
      if (arrival.kind === 'refused') return arrival.condition
      return arrival.kind === 'replay' ? `replay ${arrival.answer}` : arrival.kind
    },
    turns() {
      const taken: string[] = []
      for (let next = window.take(); next !== undefined; next = window.take()) taken.push(next.request)
      return taken
    },
  }
}

describe('requests', () => {
  test('take their turn in the order of their rids, whatever the order of their arrival [XEP-0124 14.2]', () => {
    const { arrive, turns, window } = opened(3)
    assert.equal(arrive(first + 2), 'new')
    assert.deepEqual(turns(), [])
    assert.equal(arrive(first), 'new')
    assert.deepEqual(turns(), ['r0'])
    assert.equal(arrive(first + 1), 'new')
    assert.deepEqual(turns(), ['r1', 'r2'])
    assert.equal(window.taken, first + 2)
    assert.equal(window.held, 3)
  })

  test('are answered in that order', () => {
    const { arrive, turns, window } = opened(3)
    for (const rid of [2, 0, 1]) arrive(first + rid)
    turns()
    const order: string[] = []
    for (let oldest = window.oldest; oldest !== undefined; oldest = window.oldest) {
      order.push(oldest.request)
      window.answer('x')
    }
    assert.deepEqual(order, ['r0', 'r1', 'r2'])
  })

  test('whose turn has not come are not answered', () => {
    const { arrive, turns, window } = opened()
    arrive(first + 1)
    assert.deepEqual(turns(), [])
    assert.equal(window.oldest, undefined)
  })

  test('beyond the window are refused [XEP-0124 14.2]', () => {
    const { arrive, turns } = opened()
    arrive(first)
    turns()
    assert.equal(arrive(first + 3), 'item-not-found')
    assert.equal(arrive(first + 100), 'item-not-found')
    assert.equal(arrive(first + 2), 'new')
  })

  test('that are too many at a time are refused, but for one that pauses or ends [XEP-0124 11]', () => {
    const { arrive, turns } = opened()
    for (const rid of [0, 1]) arrive(first + rid)
    turns()
    assert.equal(arrive(first + 2), 'policy-violation')
    assert.equal(arrive(first + 2, 'pause', true), 'new')
    assert.equal(arrive(first + 3, 'terminate', true), 'policy-violation')
  })

  test('may come behind the one that pauses or ends, which does not take their place [XEP-0124 11, 14.2]', () => {
    const { arrive, turns } = opened()
    assert.equal(arrive(first + 2, 'terminate', true), 'new')
    assert.equal(arrive(first + 1), 'new')
    assert.equal(arrive(first), 'new')
    assert.deepEqual(turns(), ['r0', 'r1', 'terminate'])
  })
})

describe('a request that is repeated', () => {
  const answered = (count: number, size = 2): ReturnType<typeof opened> => {
    const made = opened(size)
    for (let i = 0; i < count; i++) {
      made.arrive(first + i)
      made.turns()
      made.window.answer(`a${i}`)
    }
    return made
  }

  test('gets the same answer [XEP-0124 14.3]', () => {
    const { arrive } = answered(2)
    assert.equal(arrive(first), 'replay a0')
    assert.equal(arrive(first + 1), 'replay a1')
    assert.equal(arrive(first + 1), 'replay a1')
  })

  test('when its answer is not kept any more is refused', () => {
    const { arrive } = answered(3)
    assert.equal(arrive(first), 'item-not-found')
    assert.equal(arrive(first + 1), 'replay a1')
  })

  test('with another content is refused', () => {
    const { arrive } = answered(1)
    assert.equal(arrive(first, 'other'), 'item-not-found')
    arrive(first + 1)
    assert.equal(arrive(first + 1, 'other'), 'item-not-found')
  })

  test('while it waits takes the place of who asked before, and its turn does not come twice', () => {
    const { arrive, turns, window } = opened()
    arrive(first)
    assert.deepEqual(turns(), ['r0'])
    assert.equal(arrive(first), 'again')
    assert.deepEqual(turns(), [])
    assert.equal(window.held, 1)
  })

  test('without end is refused', () => {
    const { arrive } = answered(1)
    for (let i = 0; i < 10; i++) assert.equal(arrive(first), 'replay a0')
    assert.equal(arrive(first), 'policy-violation')
    arrive(first + 1)
    for (let i = 0; i < 10; i++) assert.equal(arrive(first + 1), 'again')
    assert.equal(arrive(first + 1), 'policy-violation')
  })

  test('from before the session is refused', () => {
    assert.equal(answered(0).arrive(first - 1), 'item-not-found')
  })
})

describe('keys', () => {
  // the sequence of the examples [XEP-0124 15.4, 15.5]
  const [k3, k2, k1] = [
    'ca393b51b682f61f98e7877d61146407f3d0a770',
    'bfb06a6f113cd6fd3838ab9d300fdb4fe3da2f7d',
    '6f825e81f4532b2c5fa2d12457d8a1f22e8f838e',
  ]

  test('are followed back, and into a new sequence', () => {
    const keys = new KeySequence()
    assert.equal(keys.follows(undefined, k3.toUpperCase()), true)
    assert.equal(keys.follows(k2, undefined), true)
  })

  test('that do not follow are refused, and so is a request without one', () => {
    for (const key of [undefined, '', k1, k3]) {
      const keys = new KeySequence()
      keys.follows(undefined, k3)
      assert.equal(keys.follows(key, undefined), false, key)
    }
  })

  test('are not asked for where there were none', () => {
    const keys = new KeySequence()
    assert.equal(keys.follows(undefined, undefined), true)
    assert.equal(keys.follows(undefined, undefined), true)
  })
})
