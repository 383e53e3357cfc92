/** Word of the network in Node, which has no event for it: the addresses of the machine, looked at now and then. */
import { networkInterfaces } from 'node:os'

/** In milliseconds. */
const interval = 3000

/** Calls `changed` when an address came or went; the answer stops it. Keeps no process alive. */
export function watchAddresses(changed: () => void, addresses: () => string = addressesNow): () => void {
  let last = ''
  const look = (): string => {
    try {
      return addresses()
    } catch {
      return last // not every program may ask: Android refuses it (uv_interface_addresses, error 13)
    }
  }
  last = look()
  const timer = setInterval(() => {
    const now = look()
    if (now === last) return
    last = now
    changed()
  }, interval)
  timer.unref()
  return () => clearInterval(timer)
}

function addressesNow(): string {
  return Object.values(networkInterfaces())
    .flatMap((list) => (list ?? []).map(({ address }) => address))
    .sort()
    .join(' ')
}
