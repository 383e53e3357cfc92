/** Journals: one append-only text file for each actor, a line for each event; and the way back from files to a History. */
import { closeSync, fdatasyncSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { AccountFacts, ArchivedMessage, Arrival, DeviceEvent, History, SenderEvent } from './history.ts'

const flushAt = 1 << 16

export class Journal {
  readonly #file: number
  readonly #isSynced: boolean
  #lines: string[] = []
  #size = 0
  #isClosed = false

  /** `isSynced`: each flush reaches the disk. The journals outlive the server under test either way; this is for the harness's own death. */
  constructor(path: string, isSynced = false) {
    this.#file = openSync(path, 'a')
    this.#isSynced = isSynced
  }

  append(line: string): void {
    if (this.#isClosed) return
    this.#lines.push(line)
    this.#size += line.length + 1
    if (this.#size >= flushAt) this.flush()
  }

  /** For people who look for the cause of something: not read by the checker. */
  note(text: string): void {
    this.append(`# ${(performance.now() / 1000).toFixed(3)} ${text.replaceAll('\n', ' ')}`)
  }

  flush(): void {
    if (this.#size === 0) return
    writeSync(this.#file, `${this.#lines.join('\n')}\n`)
    this.#lines = []
    this.#size = 0
    if (this.#isSynced) fdatasyncSync(this.#file)
  }

  /** May be called twice; what comes afterwards is not written. */
  close(): void {
    if (this.#isClosed) return
    this.flush()
    this.#isClosed = true
    closeSync(this.#file)
  }
}

export class SenderJournal extends Journal {
  /** Followed by `flush` before the message is written to a socket. */
  sent(k: number, to: string, body: string): void {
    this.append(`S ${k} ${to} ${body}`)
  }

  resent(k: number): void {
    this.append(`R ${k}`)
  }

  acked(through: number): void {
    this.append(`A ${through}`)
  }

  error(k: number, condition: string): void {
    this.append(`E ${k} ${condition}`)
  }
}

const arrivals: Readonly<Record<string, Arrival>> = { l: 'live', d: 'delayed', c: 'carbon', a: 'archive' }
const sessions: Readonly<Record<string, 'new' | 'resumed' | 'closed'>> = { N: 'new', U: 'resumed', X: 'closed' }

export class DeviceJournal extends Journal {
  message(origin: string, body: string, stanzaId: string | undefined, arrival: Arrival): void {
    this.append(`M ${written(origin)} ${written(body)} ${written(stanzaId ?? '')} ${arrival[0]}`)
  }

  session(what: 'new' | 'resumed' | 'closed'): void {
    this.append({ new: 'N', resumed: 'U', closed: 'X' }[what])
  }

  confirmed(count: number): void {
    this.append(`C ${count}`)
  }
}

export class ArchiveJournal extends Journal {
  entry({ id, from, to, origin, body, isError }: ArchivedMessage): void {
    this.append([id, from, to, origin, body].map(written).join(' ') + (isError ? ' error' : ''))
  }
}

/** What a server sends may hold anything; a field has neither spaces nor line ends, and is not empty. */
const written = (text: string): string =>
  text === '' ? '-' : /^[\w.:@/~-]+$/.test(text) ? text : encodeURIComponent(text)
const readBack = (field: string | undefined): string =>
  field === undefined || field === '-' ? '' : field.includes('%') ? decodeURIComponent(field) : field

/** What is in a folder beside the journals themselves. */
export interface Manifest {
  readonly domain: string
  readonly accounts: readonly AccountFacts[]
  readonly senders: readonly string[]
  readonly devices: readonly {
    readonly account: string
    readonly device: string
    readonly isManaged: boolean
    readonly isPresent: boolean
  }[]
  readonly archives: readonly { readonly account: string; readonly count?: number | undefined }[]
}

export const files = {
  manifest: (folder: string): string => join(folder, 'manifest.json'),
  sender: (folder: string, name: string): string => join(folder, `sender-${name}.log`),
  device: (folder: string, account: string, device: string): string => join(folder, `device-${account}-${device}.log`),
  archive: (folder: string, account: string, way: 'forward' | 'backward'): string =>
    join(folder, `archive-${account}-${way}.log`),
}

export function writeManifest(folder: string, manifest: Manifest): void {
  writeFileSync(files.manifest(folder), `${JSON.stringify(manifest, undefined, 2)}\n`)
}

/** Each list of events is read from its file when it is asked for, a piece at a time. */
export function readHistory(folder: string): History {
  const manifest = JSON.parse(readFileSync(files.manifest(folder), 'utf8')) as Manifest
  return {
    domain: manifest.domain,
    accounts: manifest.accounts,
    senders: manifest.senders.map((name) => ({
      name,
      events: { [Symbol.iterator]: () => mapped(files.sender(folder, name), senderEvent) },
    })),
    devices: manifest.devices.map((device) => ({
      ...device,
      events: {
        [Symbol.iterator]: () => mapped(files.device(folder, device.account, device.device), deviceEvent),
      },
    })),
    archives: manifest.archives.map(({ account, count }) => ({
      account,
      count,
      forward: { [Symbol.iterator]: () => mapped(files.archive(folder, account, 'forward'), archivedMessage) },
      backward: { [Symbol.iterator]: () => mapped(files.archive(folder, account, 'backward'), archivedMessage) },
    })),
  }
}

function senderEvent([kind, first = '', second = '', third = '']: readonly string[]): SenderEvent {
  switch (kind) {
    case 'S':
      return { kind: 'sent', k: Number(first), to: second, body: third }
    case 'R':
      return { kind: 'resent', k: Number(first) }
    case 'A':
      return { kind: 'acked', through: Number(first) }
    case 'E':
      return { kind: 'error', k: Number(first), condition: second }
    default:
      throw new Error(`${kind} is no event of a sender`)
  }
}

function deviceEvent([kind = '', first, second, third, fourth = '']: readonly string[]): DeviceEvent {
  if (kind === 'M') {
    const stanzaId = readBack(third)
    return {
      kind: 'message',
      origin: readBack(first),
      body: readBack(second),
      stanzaId: stanzaId === '' ? undefined : stanzaId,
      arrival: arrivals[fourth] ?? 'live',
    }
  }
  if (kind === 'C') return { kind: 'confirmed', count: Number(first) }
  const what = sessions[kind]
  if (what === undefined) throw new Error(`${kind} is no event of a device`)
  return { kind: 'session', what }
}

function archivedMessage(fields: readonly string[]): ArchivedMessage {
  const [id = '', from = '', to = '', origin = '', body = ''] = fields.map(readBack)
  return { id, from, to, origin, body, isError: fields[5] === 'error' }
}

function* mapped<T>(path: string, parse: (fields: readonly string[]) => T): Generator<T> {
  for (const line of lines(path)) if (!line.startsWith('#')) yield parse(line.split(' '))
}

function* lines(path: string): Generator<string> {
  const file = openSync(path, 'r')
  try {
    const buffer = Buffer.alloc(1 << 20)
    let rest = ''
    for (let read: number; (read = readSync(file, buffer)) > 0; ) {
      const pieces = (rest + buffer.toString('latin1', 0, read)).split('\n')
      rest = pieces.pop()!
      yield* pieces
    }
    if (rest !== '') throw new Error(`${path} ends in the middle of a line`)
  } finally {
    closeSync(file)
  }
}
