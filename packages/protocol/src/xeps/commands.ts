/**
 * Ad-Hoc Commands (XEP-0050 1.3.0): one step of a command and its answer. The list of commands is service discovery, with the namespace as
 * node; a session belongs to two addresses, which is for the feature to check.
 */
import {
  attribute,
  type CodecError,
  children,
  type ElementCodec,
  element,
  flag,
  foreignChildren,
  ignorableAttribute,
  nonEmpty,
  oneOf,
  optionalAttribute,
  optionalChild,
  ownText,
  string,
} from '../codec/index.ts'
import { type DataForm, dataForm } from '../forms/index.ts'
import { StanzaError } from '../stanza/index.ts'
import { type Element, el } from '../xml/index.ts'

export const COMMANDS_NS = 'http://jabber.org/protocol/commands'

export type CommandStep = 'prev' | 'next' | 'complete'

interface CommandParts {
  readonly node: string
  /** Given by the responder, then part of every further step. */
  readonly sessionId?: string | undefined
  readonly lang?: string | undefined
  /** Forms, links and whatever else, the most important first; see `commandForm`. */
  readonly payloads: readonly Element[]
}

export interface CommandRequest extends CommandParts {
  /** `execute` where it is missing. */
  readonly action?: CommandStep | 'execute' | 'cancel' | undefined
}

export interface CommandNote {
  /** `info` where it is missing. */
  readonly type?: 'info' | 'warn' | 'error' | undefined
  readonly text: string
}

export interface CommandActions {
  /** What `execute` means; `next` where it is missing. */
  readonly execute?: CommandStep | undefined
  readonly prev?: boolean | undefined
  readonly next?: boolean | undefined
  readonly complete?: boolean | undefined
}

export interface CommandAnswer extends CommandParts {
  /** A failure is `completed`, with a note that says `error`. [XEP-0050 3.6] */
  readonly status: 'executing' | 'completed' | 'canceled'
  /** What may be asked for next; see `stepsOf`. */
  readonly actions?: CommandActions | undefined
  readonly notes: readonly CommandNote[]
}

const node = attribute('node', string)
const sessionId = optionalAttribute('sessionid', nonEmpty)
const lang = optionalAttribute('xml:lang', string)
const payloads = foreignChildren()

/** What the asker sends; a status in it does not count. [XEP-0050 4.1] */
export const commandRequest: ElementCodec<CommandRequest> = element(COMMANDS_NS, 'command', {
  node,
  sessionId,
  lang,
  action: optionalAttribute('action', oneOf('execute', 'cancel', 'prev', 'next', 'complete')),
  payloads,
})

const step = oneOf('prev', 'next', 'complete')

/** What comes back; an action in it does not count. [XEP-0050 4.1] */
export const commandAnswer: ElementCodec<CommandAnswer> = element(COMMANDS_NS, 'command', {
  node,
  sessionId,
  lang,
  status: attribute('status', oneOf('executing', 'completed', 'canceled')),
  actions: optionalChild(
    element(COMMANDS_NS, 'actions', {
      execute: ignorableAttribute('execute', step),
      prev: flag('prev'),
      next: flag('next'),
      complete: flag('complete'),
    }),
  ),
  notes: children(
    element(COMMANDS_NS, 'note', {
      type: ignorableAttribute('type', oneOf('info', 'warn', 'error')),
      text: ownText(),
    }),
  ),
  payloads,
})

/** The first form among the payloads. */
export function commandForm({ payloads: list }: CommandParts): DataForm | CodecError | undefined {
  const found = list.find(dataForm.matches)
  return found && dataForm.parse(found)
}

/** The steps allowed after an answer beside `cancel`, and the usual one, where it is allowed. Without a list there is one: to complete. [XEP-0050 3.4] */
export function stepsOf({ status, actions }: CommandAnswer): {
  readonly allowed: readonly CommandStep[]
  readonly usual: CommandStep | undefined
} {
  if (status !== 'executing') return { allowed: [], usual: undefined }
  if (actions === undefined) return { allowed: ['complete'], usual: 'complete' }
  const allowed = (['prev', 'next', 'complete'] as const).filter((one) => actions[one])
  const usual = actions.execute ?? 'next'
  return { allowed, usual: allowed.includes(usual) ? usual : undefined }
}

export type CommandErrorCondition =
  | 'bad-action'
  | 'bad-locale'
  | 'bad-payload'
  | 'bad-sessionid'
  | 'malformed-action'
  | 'session-expired'

/** A refusal with its own condition beside that of RFC 6120. [XEP-0050 4.4] */
export function commandError(specific: CommandErrorCondition, text?: string): StanzaError {
  const condition = specific === 'session-expired' ? 'not-allowed' : 'bad-request'
  return new StanzaError(condition, { text, application: el(specific, COMMANDS_NS) })
}
