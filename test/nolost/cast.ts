/** Who takes part: accounts, their devices, and what kind of recipient each is. */
import type { DeviceTraits } from './actors/device.ts'

export interface CastDevice {
  readonly name: string
  readonly traits: DeviceTraits
  /** Logs in only when all is over. */
  readonly isLate: boolean
  /** Is there from before the first message until after the last. */
  readonly isPresent: boolean
}

export interface CastRecipient {
  readonly name: string
  readonly kind: string
  readonly weight: number
  readonly isArchived: boolean
  readonly devices: readonly CastDevice[]
}

const traits = (changes: Partial<DeviceTraits> = {}): DeviceTraits => ({
  isManaged: true,
  hasCarbons: false,
  isFlapping: false,
  isLeaving: false,
  isCatchingUp: false,
  ...changes,
})

const device = (name: string, changes: Partial<DeviceTraits> = {}, isLate = false): CastDevice => {
  const all = traits(changes)
  return { name, traits: all, isLate, isPresent: !isLate && all.isCatchingUp }
}

const kinds: readonly Omit<CastRecipient, 'name'>[] = [
  { kind: 'always online', weight: 10, isArchived: true, devices: [device('phone', { isCatchingUp: true })] },
  {
    kind: 'flapping',
    weight: 10,
    isArchived: true,
    devices: [device('phone', { isFlapping: true, isCatchingUp: true })],
  },
  {
    kind: 'two devices with carbons',
    weight: 10,
    isArchived: true,
    devices: [
      device('phone', { hasCarbons: true, isFlapping: true, isCatchingUp: true }),
      device('desk', { hasCarbons: true, isCatchingUp: true }),
    ],
  },
  {
    kind: 'no archive, comes and goes',
    weight: 6,
    isArchived: false,
    devices: [device('phone', { isFlapping: true, isLeaving: true })],
  },
  { kind: 'offline until the end', weight: 4, isArchived: true, devices: [device('phone', {}, true)] },
  { kind: 'old client: neither', weight: 6, isArchived: true, devices: [device('old', { isManaged: false })] },
  {
    kind: 'old client, no archive, offline until the end',
    weight: 2,
    isArchived: false,
    devices: [device('old', { isManaged: false }, true)],
  },
]

export const recipients = (count: number): CastRecipient[] =>
  Array.from({ length: count }, (_, i) => ({ name: `r${i}`, ...kinds[i % kinds.length]! }))

export const senders = (count: number): string[] => Array.from({ length: count }, (_, i) => `s${i}`)
