/** An authority of the tests' own, and the certificates it signs: good ones, for other names, expired ones. */
import { type Made, makeCertificate, type Wanted } from '../../../packages/server/test/certificates.ts'

export type { Made }

export interface Trust {
  /** PEM; what a client is to trust. */
  readonly ca: string
  /** A certificate for a domain. `{ validDays: -1 }` makes one that has expired. */
  issue(name: string, more?: Omit<Wanted, 'name' | 'issuer'>): Made
}

export function makeTrust(): Trust {
  const authority = makeCertificate({ name: 'Rookery tests' })
  return {
    ca: authority.certificate,
    issue: (name, more = {}) => makeCertificate({ ...more, name, issuer: authority }),
  }
}
