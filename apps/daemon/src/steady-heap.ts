/** Keeps the memory for young objects as large as start-up made it. docs/develop/performance.md has the figures. */
import { setFlagsFromString } from 'node:v8'

/**
 * A server keeps many small things for long and makes little garbage for each stanza. Left alone, V8 doubles the space for
 * young objects in a burst of logins, and keeps it: some 17 MB for nothing.
 */
export function steadyHeap(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
