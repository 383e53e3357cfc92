/** Names of hosts as DNS and TLS want them. */
import { domainToASCII } from 'node:url'

/** The name in ASCII, without the dot of the root; of an address in brackets, the address. */
export function hostOf(domain: string): string {
  if (domain.startsWith('[')) return domain.slice(1, -1).replace('%25', '%')
  let name = domain
  try {
    name = decodeURIComponent(domain) // URL writes what is not ASCII so, but for https and its kin
  } catch {
    // a percent sign that is none of URL's
  }
  return domainToASCII(name).replace(/\.$/, '') || domain
}

export function portOf(url: URL, usual: number): number {
  return url.port === '' ? usual : Number(url.port)
}
