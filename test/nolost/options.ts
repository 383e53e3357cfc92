/** What a run is told: the words behind `node test/nolost/main.ts`. */
import { parseArgs } from 'node:util'
import { type Deed, deeds } from './nemesis.ts'
import { type TargetName, targetNames } from './targets/target.ts'

export interface RunOptions {
  readonly target: TargetName
  readonly seed: number
  /** The run goes on until there were so many SIGKILLs, … */
  readonly kills: number
  /** … so many seconds have gone by, … */
  readonly secs: number
  /** … and so many messages are acknowledged; or until `limit` seconds have gone by. */
  readonly messages: number
  readonly limit: number
  readonly senders: number
  readonly recipients: number
  /** Messages a second, all senders together. */
  readonly rate: number
  /** Most messages of one sender without an acknowledgement. */
  readonly window: number
  readonly tls: boolean
  /** Otherwise nobody keeps an archive: L7 for everybody. */
  readonly archive: boolean
  /** Longest SIGSTOP in seconds. */
  readonly longestStop: number
  /** Size of the disk in GB. */
  readonly disk: number
  readonly only?: readonly Deed[] | undefined
  /** Where histories go; absent: a temporary folder, which stays only if something was found. */
  readonly folder?: string | undefined
  readonly syncJournals: boolean
}

export const usage = `node test/nolost/main.ts [options]
  --target ${targetNames.join('|')}   the server (rookery)
  --seed N              choices are the same for the same seed (a random one)
  --kills N             SIGKILLs at least (20)
  --secs N              seconds at least (90)
  --messages N          acknowledged messages at least (0)
  --limit N             seconds at most, without setting up and checking (ten times --secs, at least an hour with --messages)
  --senders N           (4)
  --recipients N        of seven kinds in turn (7)
  --rate N              messages a second, all senders together (1000; 4000 with --messages)
  --window N            unacknowledged messages of one sender at most (64)
  --tls                 STARTTLS
  --no-archive          the server keeps no archives: live and offline delivery alone
  --longest-stop N      seconds of the longest SIGSTOP (5; 40 with --messages)
  --disk N              GB of the disk, sparse (8)
  --only A,B            of the nemesis only: ${deeds.join(', ')}
  --folder F            keep journals, archives and logs there
  --sync-journals       fsync the journals`

/** Undefined: help was asked for. Throws an Error with a sentence for people. */
export function parseOptions(args: readonly string[]): RunOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      target: { type: 'string', default: 'rookery' },
      seed: { type: 'string' },
      kills: { type: 'string' },
      secs: { type: 'string' },
      messages: { type: 'string' },
      limit: { type: 'string' },
      senders: { type: 'string' },
      recipients: { type: 'string' },
      rate: { type: 'string' },
      window: { type: 'string' },
      tls: { type: 'boolean', default: false },
      'no-archive': { type: 'boolean', default: false },
      'longest-stop': { type: 'string' },
      disk: { type: 'string' },
      only: { type: 'string' },
      folder: { type: 'string' },
      'sync-journals': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  const number = (name: string, text: string | undefined, otherwise: number): number => {
    const value = text === undefined ? otherwise : Number(text)
    if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} takes a whole number, not ${text}`)
    return value
  }
  const target = targetNames.find((name) => name === values.target)
  if (target === undefined) throw new Error(`--target is one of ${targetNames.join(', ')}`)
  const only = values.only?.split(',').map((word) => {
    const deed = deeds.find((one) => one === word)
    if (deed === undefined) throw new Error(`--only takes words of ${deeds.join(', ')}`)
    return deed
  })
  const messages = number('messages', values.messages, 0)
  const secs = number('secs', values.secs, messages > 0 ? 0 : 90)
  return {
    target,
    seed: number('seed', values.seed, Math.floor(Math.random() * 1e9)),
    kills: number('kills', values.kills, 20),
    secs,
    messages,
    limit: number('limit', values.limit, Math.max(secs * 10, messages > 0 ? 3600 : 0)),
    senders: number('senders', values.senders, 4),
    recipients: number('recipients', values.recipients, 7),
    rate: number('rate', values.rate, messages > 0 ? 4000 : 1000),
    window: number('window', values.window, 64),
    tls: values.tls,
    archive: !values['no-archive'],
    longestStop: number('longest-stop', values['longest-stop'], messages > 0 ? 40 : 5),
    disk: number('disk', values.disk, 8),
    only,
    folder: values.folder,
    syncJournals: values['sync-journals'],
  }
}
