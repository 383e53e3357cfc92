/** How a notification reaches a device. One kind is built in (web-push.ts); those of other makers would be others. */
import type { Outcome } from '../verdict.ts'

/** What a device is told. */
export interface DeviceNotification {
  /** Bare JID of the account it is about. */
  readonly account: string
  /** Messages that nobody has seen. */
  readonly count: number
  /** Subscription requests that wait for an answer. */
  readonly requests?: number | undefined
  /** Sender of the last message. */
  readonly from?: string | undefined
  /** Text of the last message. */
  readonly body?: string | undefined
  /** Somebody is calling. */
  readonly isUrgent: boolean
}

export interface PushTransport<Device> {
  /** Hands it on, once. Neither throws nor rejects. */
  send(device: Device, notification: DeviceNotification): Promise<Outcome>
  stop(): void
}
