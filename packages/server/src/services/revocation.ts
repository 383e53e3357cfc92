/** What a client leaves at the server beside its session and its tokens: whoever keeps it forgets it when the client is revoked. XEP-0494 3.2. */
import type { Maybe } from '@rookery/protocol'
import { type Service, service } from '../service.ts'

export interface RevocationService {
  /** The client that used this resource has no access any more: push registrations it made are gone. */
  revoked(local: string, resource: string): Maybe<undefined>
}

export const revocationService: Service<RevocationService> = service('revocation')
