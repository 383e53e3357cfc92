/** The log: pino behind the server's `Log`, one line per event on standard output, for people or for programs. */
import type { Log } from '@rookery/server'
import pino from 'pino'
import pretty from 'pino-pretty'
import type { LogFormat, LogLevel } from '../config/schema.ts'
import { clean, escapeLine, short, visible, visibleFields } from './clean.ts'
import { Output } from './output.ts'

export interface DaemonLog extends Log {
  readonly isPretty: boolean
  level: LogLevel
  /** Everything written so far is out when it returns. */
  flush(): void
}

export interface LogOptions {
  level: LogLevel
  format: LogFormat
  /** Where the lines go; standard output when not given. */
  write?: (line: string) => void
}

export function createLog({ level, format, write }: LogOptions): DaemonLog {
  const isPretty = format === 'pretty' || (format === 'auto' && process.stdout.isTTY === true)
  const output = write === undefined ? new Output(1) : undefined
  // what is written past the log is no reason to end, either
  if (output !== undefined) process.stdout.on('error', () => undefined)
  const send = write ?? ((line: string) => void output?.write(line))
  const toText = isPretty ? prettyText(write === undefined) : escapeLine
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => send(toText(line)) },
  )
  const line =
    (at: LogLevel) =>
    (fields: object, text: string): void => {
      if (!logger.isLevelEnabled(at)) return
      const cleaned = clean(fields)
      if (isPretty) logger[at](visibleFields(cleaned) as object, visible(short(text)))
      else logger[at](cleaned, short(text))
    }
  return {
    isPretty,
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    get level() {
      return logger.level as LogLevel
    },
    set level(next) {
      logger.level = next
    },
    flush: () => output?.flush(),
  }
}

function prettyText(isTerminal: boolean): (line: string) => string {
  const colorize = isTerminal && process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined
  const format = pretty.prettyFactory({
    colorize,
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss',
    errorLikeObjectKeys: ['error'],
  })
  return (line) => format(line)
}
