/** Debian's own Python, which is where the packages put their libraries. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** A Python that has this library; a missing one is a failure, never a skipped test. */
export const findPython = (library: string): string => {
  for (const python of ['/usr/bin/python3', 'python3']) {
    if (python.startsWith('/') && !existsSync(python)) continue
    try {
      execFileSync(python, ['-c', `import ${library}`], { stdio: 'pipe', timeout: 30_000, cwd: '/' })
      return python
    } catch {}
  }
  throw new Error(`${library} is not installed: run .ci/install`)
}
