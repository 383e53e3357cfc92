/** What the push room lets others tell it: what a user who is away should know of. XEP-0357. */
import { type Service, service } from '../service.ts'

export interface PushService {
  /** A subscription request has come for the account (by localpart), and waits for the user's answer. */
  requested(local: string): undefined
}

export const pushService: Service<PushService> = service('push')
