import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Session } from '../../session.ts'
import { attentive, isDue } from './attention.ts'

interface Known {
  isAvailable?: boolean
  isEnded?: boolean
  isDetached?: boolean
  isInactive?: boolean
  resource?: string
}

const session = ({
  isAvailable = true,
  isEnded = false,
  isDetached = false,
  isInactive,
  resource = 'one',
}: Known = {}): Session =>
  ({ isAvailable, isEnded, isDetached, jid: { resource }, holdback: isInactive ? {} : undefined }) as unknown as Session
const plain = { whileInactive: false, whileActiveElsewhere: false }
const looking = (sessions: Session[], reached: Session[] = [], settings = plain) =>
  attentive(sessions, reached, settings).length

test('an available client looks; one that hibernates, has ended or is merely connected does not', () => {
  assert.equal(looking([session()]), 1)
  assert.equal(looking([session({ isDetached: true }), session({ isEnded: true }), session({ isAvailable: false })]), 0)
  const addressed = session({ isAvailable: false })
  assert.equal(looking([addressed], [addressed]), 1)
  const hibernating = session({ isDetached: true })
  assert.equal(looking([hibernating], [hibernating]), 0)
})

test('an inactive client looks, unless the operator thinks otherwise', () => {
  assert.equal(looking([session({ isInactive: true })]), 1)
  assert.equal(looking([session({ isInactive: true })], [], { ...plain, whileInactive: true }), 0)
})

test('devices that are away are told while another one looks only where that is wanted', () => {
  assert.equal(isDue('phone', [], plain), true)
  assert.equal(isDue('phone', [session()], plain), false)
  const settings = { ...plain, whileActiveElsewhere: true }
  assert.equal(isDue('phone', [session()], settings), true)
  assert.equal(isDue('one', [session()], settings), false)
})
