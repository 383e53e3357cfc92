/** The checker can fail: for each rule a history that breaks it, and no other; beside the one that breaks none. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Rule } from './check/findings.ts'
import { check } from './checker.ts'
import type {
  AccountFacts,
  ArchivedMessage,
  ArchiveHistory,
  DeviceEvent,
  DeviceHistory,
  History,
  SenderEvent,
} from './history.ts'

/** Romeo wrote to Juliet, who keeps an archive, and to the nurse, who does not. All of it was acknowledged. */
interface Scene {
  romeo: SenderEvent[]
  juliet: DeviceEvent[]
  nurse: DeviceEvent[]
  archives: { romeo: ArchivedMessage[]; juliet: ArchivedMessage[] }
  backward: { romeo?: ArchivedMessage[]; juliet?: ArchivedMessage[] }
  count?: number
  isManaged: boolean
  isPresent: boolean
}

const to = ['', 'juliet', 'juliet', 'nurse', 'juliet', 'nurse', 'juliet']
const sent = (k: number): SenderEvent => ({ kind: 'sent', k, to: to[k]!, body: `body ${k}` })
const archived = (k: number, id = `id-${k}`): ArchivedMessage => ({
  id,
  from: 'romeo@verona',
  to: `${to[k]}@verona`,
  origin: `romeo-${k}`,
  body: `body ${k}`,
  isError: false,
})
const live = (k: number, stanzaId?: string): DeviceEvent => ({
  kind: 'message',
  origin: `romeo-${k}`,
  body: `body ${k}`,
  stanzaId,
  arrival: 'live',
})
const session = (what: 'new' | 'resumed' | 'closed'): DeviceEvent => ({ kind: 'session', what })
const forJuliet = [1, 2, 4, 6]
const all = [1, 2, 3, 4, 5, 6]

const scene = (): Scene => ({
  romeo: [...all.map(sent), { kind: 'acked', through: 6 }],
  juliet: [session('new'), live(1, 'id-1'), live(2, 'id-2'), session('resumed'), live(4, 'id-4'), live(6, 'id-6')],
  nurse: [session('new'), live(3), { kind: 'confirmed', count: 1 }, session('closed'), session('new'), live(5)],
  archives: { romeo: all.map((k) => archived(k)), juliet: forJuliet.map((k) => archived(k)) },
  backward: {},
  isManaged: true,
  isPresent: true,
})

function historyOf({ romeo, juliet, nurse, archives, backward, count, isManaged, isPresent }: Scene): History {
  const accounts: AccountFacts[] = [
    { name: 'romeo', isArchived: true },
    { name: 'juliet', isArchived: true },
    { name: 'nurse', isArchived: false },
  ]
  const devices: DeviceHistory[] = [
    { account: 'juliet', device: 'balcony', isManaged, isPresent, events: juliet },
    { account: 'nurse', device: 'market', isManaged: true, isPresent: false, events: nurse },
  ]
  const kept: ArchiveHistory[] = [
    { account: 'romeo', forward: archives.romeo, backward: backward.romeo ?? archives.romeo },
    { account: 'juliet', forward: archives.juliet, backward: backward.juliet ?? archives.juliet, count },
  ]
  return { domain: 'verona', accounts, senders: [{ name: 'romeo', events: romeo }], devices, archives: kept }
}

function violated(change: (scene: Scene) => void): Partial<Record<Rule, number>> {
  const changed = scene()
  change(changed)
  const { counts } = check(historyOf(changed))
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
}

const without = (list: readonly ArchivedMessage[], k: number): ArchivedMessage[] =>
  list.filter(({ origin }) => origin !== `romeo-${k}`)

test('a history in which nothing went wrong violates nothing', () => {
  const findings = check(historyOf(scene()))
  assert.equal(findings.total, 0)
  assert.deepEqual(findings.examples, [])
  const { sent, acknowledged, open, received, archived } = findings
  assert.deepEqual(
    { sent, acknowledged, open, received, archived },
    { sent: 6, acknowledged: 6, open: 0, received: 6, archived: 10 },
  )
})

test('L1: an acknowledged message is missing in the archive of its recipient', () => {
  const found = violated((scene) => {
    scene.archives.juliet = without(scene.archives.juliet, 4)
    scene.juliet.splice(4, 1)
  })
  assert.deepEqual(found, { L1: 1 })
})

test('L1: an acknowledged message is missing in the archive of its sender', () => {
  assert.deepEqual(
    violated((scene) => (scene.archives.romeo = without(scene.archives.romeo, 3))),
    { L1: 1 },
  )
})

test('L1: a message that came back with an error need not be there, one that was not acknowledged neither', () => {
  assert.deepEqual(
    violated((scene) => {
      scene.romeo = [
        ...all.map(sent),
        { kind: 'error', k: 4, condition: 'resource-constraint' },
        { kind: 'acked', through: 5 },
      ]
      for (const k of [4, 6]) {
        scene.archives.romeo = without(scene.archives.romeo, k)
        scene.archives.juliet = without(scene.archives.juliet, k)
      }
      scene.juliet.splice(4, 2)
    }),
    {},
  )
})

test('L2: a message is in an archive twice, under two ids', () => {
  assert.deepEqual(
    violated((scene) => scene.archives.romeo.push(archived(2, 'id-7'))),
    { L2: 1 },
  )
})

test('L2: two messages have one id', () => {
  assert.deepEqual(
    violated((scene) => (scene.archives.romeo[4] = archived(5, 'id-4'))),
    { L2: 1, L6: 1 },
    'and paging cannot tell them apart',
  )
})

test('L3: there is a message that nobody sent', () => {
  const stranger: ArchivedMessage = { ...archived(6, 'id-8'), origin: 'romeo-8' }
  assert.deepEqual(
    violated((scene) => scene.archives.romeo.push(stranger)),
    { L3: 1 },
  )
  assert.deepEqual(
    violated((scene) => scene.nurse.push({ ...live(5), origin: 'tybalt-1' } as DeviceEvent)),
    { L3: 1 },
  )
})

test('L3: a message has another body than was sent', () => {
  assert.deepEqual(
    violated((scene) => (scene.archives.romeo[2] = { ...archived(3), body: 'body 33' })),
    { L3: 1 },
  )
  assert.deepEqual(
    violated((scene) => (scene.nurse[1] = { ...live(3), body: '' } as DeviceEvent)),
    { L3: 1 },
  )
})

test('L3: a message has come to somebody else', () => {
  assert.deepEqual(
    violated((scene) => scene.nurse.push(live(4))),
    { L3: 1, L4: 1 },
  )
  assert.deepEqual(
    violated((scene) => scene.archives.juliet.push(archived(3))),
    { L3: 1, L4: 1, L6: 1 },
    'which is out of order as well, and never came',
  )
})

test('L4: an archive has two messages in the wrong order', () => {
  assert.deepEqual(
    violated((scene) => {
      scene.archives.romeo = [1, 3, 2, 4, 5, 6].map((k) => archived(k))
    }),
    { L4: 1 },
  )
})

test('L4: two messages arrive in the wrong order', () => {
  assert.deepEqual(
    violated((scene) => {
      scene.juliet = [session('new'), ...[1, 4, 2, 6].map((k) => live(k, `id-${k}`))]
    }),
    { L4: 1 },
  )
})

test('L5: what was not acknowledged is there once or not at all, and not twice', () => {
  const open = (scene: Scene): void => {
    scene.romeo = [...all.map(sent), { kind: 'acked', through: 5 }]
  }
  assert.deepEqual(violated(open), {})
  assert.deepEqual(
    violated((scene) => {
      open(scene)
      scene.archives.romeo.push(archived(6, 'id-7'))
    }),
    { L5: 1 },
  )
})

test('L6: a live id is not that of the archive', () => {
  assert.deepEqual(
    violated((scene) => (scene.juliet[1] = live(1, 'id-0'))),
    { L6: 1 },
  )
  assert.deepEqual(
    violated((scene) => (scene.juliet[1] = live(1))),
    { L6: 1 },
  )
})

test('L6: who was always there misses a message that is in the archive', () => {
  const miss = (scene: Scene): void => void scene.juliet.splice(2, 1)
  assert.deepEqual(violated(miss), { L6: 1 })
  for (const because of ['isManaged', 'isPresent'] as const)
    assert.deepEqual(
      violated((scene) => {
        miss(scene)
        scene[because] = false
      }),
      {},
    )
  assert.deepEqual(
    violated((scene) => {
      const asked = { ...live(2, 'id-2'), arrival: 'archive' } as DeviceEvent
      scene.juliet.splice(2, 3, session('new'), live(4, 'id-4'), asked)
    }),
    {},
    'what the archive said when it was asked counts, in whatever order, and may have come as well',
  )
})

test('L6: forward and backward differ', () => {
  assert.deepEqual(
    violated((scene) => (scene.backward.juliet = scene.archives.juliet.slice(0, -1))),
    { L6: 1 },
  )
  assert.deepEqual(
    violated((scene) => (scene.backward.romeo = [1, 2, 3, 4, 6, 5].map((k) => archived(k)))),
    { L6: 2 },
  )
  assert.deepEqual(
    violated((scene) => (scene.backward.romeo = all.map((k) => ({ ...archived(k), origin: 'romeo-1' })))),
    { L6: 5 },
  )
})

test('L6: an archive counts wrong', () => {
  assert.deepEqual(
    violated((scene) => (scene.count = 4)),
    {},
  )
  assert.deepEqual(
    violated((scene) => (scene.count = 5)),
    { L6: 1 },
  )
})

test('L7: without an archive an acknowledged message never comes', () => {
  assert.deepEqual(
    violated((scene) => scene.nurse.splice(1, 1)),
    { L7: 1 },
  )
})

test('L7: without an archive a message comes again in the session, or after it was acknowledged', () => {
  assert.deepEqual(
    violated((scene) => scene.nurse.splice(2, 0, live(3))),
    { L7: 1 },
  )
  const again = (scene: Scene): void => void scene.nurse.splice(5, 0, live(3))
  assert.deepEqual(violated(again), { L7: 1 })
  assert.deepEqual(
    violated((scene) => {
      scene.nurse = [session('new'), live(3), session('new'), live(3), live(5)]
    }),
    {},
    'not acknowledged: it may come again',
  )
  assert.deepEqual(
    violated((scene) => {
      scene.nurse = [session('new'), live(3), session('new'), live(5), { kind: 'confirmed', count: 2 }]
      scene.nurse.push(session('new'), live(3))
    }),
    {},
    'an acknowledgement of a later session says nothing about an earlier one',
  )
  assert.deepEqual(
    violated((scene) => {
      scene.romeo.splice(3, 0, { kind: 'resent', k: 3 })
      scene.nurse.splice(2, 0, live(3))
    }),
    {},
    'the sender wrote it twice, and no archive tells the server',
  )
})

test('L7: a message that an archive names never comes twice in one session', () => {
  assert.deepEqual(
    violated((scene) => scene.juliet.push(live(6, 'id-6'))),
    { L7: 1 },
  )
})

test('L8: a message came back with an error and was kept and delivered as well', () => {
  const failed: SenderEvent = { kind: 'error', k: 2, condition: 'service-unavailable' }
  assert.deepEqual(
    violated((scene) => scene.romeo.push(failed)),
    { L8: 2 },
  )
  assert.deepEqual(
    violated((scene) => scene.romeo.push({ ...failed, k: 5 })),
    { L8: 1 },
  )
})

test('L8: a message that was sent again after an error may be delivered', () => {
  assert.deepEqual(
    violated((scene) =>
      scene.romeo.push({ kind: 'error', k: 2, condition: 'internal-server-error' }, { kind: 'resent', k: 2 }),
    ),
    {},
  )
})

test('L4: a message that was sent again after an error takes the place of that try', () => {
  const change = (scene: Scene, ...between: SenderEvent[]): void => {
    scene.romeo.splice(2, 0, ...between, { kind: 'resent', k: 2 })
    scene.archives.romeo = [1, 3, 2, 4, 5, 6].map((k) => archived(k))
  }
  assert.deepEqual(
    violated((scene) => change(scene, { kind: 'error', k: 2, condition: 'internal-server-error' })),
    {},
  )
  assert.deepEqual(violated(change), { L4: 1 })
})

test('an error that an archive holds is no message', () => {
  assert.deepEqual(
    violated((scene) =>
      scene.archives.romeo.push({ ...archived(2, 'id-9'), from: 'juliet@verona', to: 'romeo@verona', isError: true }),
    ),
    {},
  )
})

test('a journal that cannot be is refused', () => {
  assert.throws(() => violated((scene) => scene.romeo.push({ kind: 'acked', through: 7 })), /acknowledgement of 7/)
  assert.throws(() => violated((scene) => scene.romeo.push({ kind: 'acked', through: 5 })), /acknowledgement of 5/)
  assert.throws(() => violated((scene) => scene.romeo.push(sent(4))), /jumps from 6 to 4/)
})
