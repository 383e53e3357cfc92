/**
 * The disk that the server under test writes to: a file system of its own (ext4 on a loop device), which can lose power and run full; or, for
 * those who may not mount, an ordinary folder, which can do neither. Linux.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

export interface Disk {
  readonly folder: string
  /** Undefined: this disk cannot. */
  readonly powerCut?: () => void
  readonly restore?: () => void
  readonly fill?: () => void
  readonly free?: () => void
  /** Whatever was written so far survives a power cut: for what was set up before the test. */
  settle(): void
  /** Why it cannot, for the reader of the report. */
  readonly note: string
  remove(): void
}

const run = (command: string, ...parameters: string[]): string =>
  execFileSync(command, parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 })

const succeeds = (command: string, ...parameters: string[]): boolean => {
  try {
    run(command, ...parameters)
    return true
  } catch {
    return false
  }
}

/** Like pulling the plug: the file system takes nothing more, and forgets what it had not written yet. [Linux: EXT4_IOC_SHUTDOWN, flag NOLOGFLUSH] */
const goDown = 'open(my $d, "<", $ARGV[0]) or die "$!"; my $how = pack("L", 2); ioctl($d, 0x8004587d, $how) or die "$!"'

export function createDisk(parent: string, gigabytes: number): Disk {
  const folder = join(parent, 'disk')
  mkdirSync(folder, { recursive: true })
  try {
    return mountedDisk(parent, folder, gigabytes)
  } catch (error) {
    const why = String((error as { stderr?: unknown }).stderr ?? error).trim()
    return {
      folder,
      note: `an ordinary folder: no power cuts, no full disk (a file system cannot be mounted here: ${why.split('\n')[0]})`,
      settle: () => undefined,
      remove: () => rmSync(folder, { recursive: true, force: true }),
    }
  }
}

function mountedDisk(parent: string, folder: string, gigabytes: number): Disk {
  const image = join(parent, 'disk.img')
  run('truncate', '-s', `${gigabytes}G`, image)
  let isMounted = false
  const mount = (): void => {
    run('mount', '-o', 'loop,noatime', image, folder)
    isMounted = true
  }
  const unmount = (): void => {
    // what a killed server had started itself may need a moment to be gone
    for (let attempt = 1; isMounted; attempt++) {
      try {
        run('umount', folder)
        isMounted = false
      } catch (error) {
        if (attempt === 40) throw error
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
      }
    }
  }
  const ballast = join(folder, 'ballast')
  try {
    run('mkfs.ext4', '-q', '-F', '-m', '0', image)
    mount()
  } catch (error) {
    rmSync(image, { force: true })
    throw error
  }
  const remove = (): void => {
    process.off('exit', remove)
    unmount()
    rmSync(image, { force: true })
    if (existsSync(folder)) rmSync(folder, { recursive: true, force: true })
  }
  // whatever happens to us, the machine is left as it was
  process.once('exit', remove)
  return {
    folder,
    note: `ext4 of ${gigabytes} GB on a loop device: power cuts lose what was not synced`,
    powerCut: () => void run('perl', '-e', goDown, folder),
    restore() {
      unmount()
      mount()
    },
    fill() {
      // all that is free but a few hundred kilobytes, so that the server itself comes to the end; it may take some of it meanwhile
      for (let spare = 400_000; spare < 100_000_000; spare *= 2) {
        const { bavail, bsize } = statfsSync(folder)
        const bytes = Number(bavail) * Number(bsize) - spare
        if (bytes <= 0 || succeeds('fallocate', '-l', String(bytes), ballast)) return
        rmSync(ballast, { force: true })
      }
    },
    settle: () => void run('sync', '-f', folder),
    free: () => rmSync(ballast, { force: true }),
    remove,
  }
}
