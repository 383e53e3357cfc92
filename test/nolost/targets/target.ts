/** A server that can be put to the test, and what can be done to it beyond signals. */
import type { ServerProcess } from './server-process.ts'

export type TargetName = 'rookery' | 'prosody' | 'ejabberd'

export const targetNames: readonly TargetName[] = ['rookery', 'prosody', 'ejabberd']

export interface Target {
  readonly name: TargetName
  readonly version: string
  readonly host: string
  readonly port: number
  readonly process: ServerProcess
  /** What is stored, in bytes. */
  dataBytes(): number
  /** Makes the end of the log look as if the machine had died while writing it. Only while the server is down. Undefined: not known how for this server. */
  tear?: (random: () => number) => string
  /** Starts a second process on the same data. Resolves to what is wrong with how that ended, undefined if it refused as it should. */
  startSecond?: () => Promise<string | undefined>
}
