/** A command of ours, as it is carried out for one who asked for it (XEP-0050 1.3.0): a function that asks, and is answered, step by step. */
import { isBroken } from '@rookery/protocol/codec'
import {
  type DataForm,
  dataForm,
  type FormAnswers,
  type FormValue,
  fieldOf,
  firstValueOf,
} from '@rookery/protocol/forms'
import type { Jid } from '@rookery/protocol/jid'
import {
  type CommandAnswer,
  type CommandNote,
  type CommandRequest,
  type CommandStep,
  commandAnswer,
  commandError,
  commandForm,
} from '@rookery/protocol/xeps/commands'
import type { Element } from '@rookery/protocol/xml'
import { type Deferred, deferred } from '../../contract/deferred.ts'
import { type FormDraft, formOf } from './form-draft.ts'

export type { FormAnswers, FormValue }

export interface AskOptions {
  /** What may be done with it; to go on where there are more steps, to complete where there are none. `['complete']` unless told. */
  readonly allowed?: readonly CommandStep[] | undefined
  /** What one usually does; the last of those allowed unless told. */
  readonly usual?: CommandStep | undefined
  readonly notes?: readonly CommandNote[] | undefined
}

/** What came back. */
export interface CommandReply {
  readonly step: CommandStep
  readonly form: DataForm | undefined
  /** The first value of a field. */
  value(name: string): string | undefined
  /** All values of a field. */
  values(name: string): readonly string[]
}

export interface CommandResult {
  readonly notes?: readonly CommandNote[] | undefined
  readonly form?: FormDraft | undefined
}

/** The function of a command: what it answers is the end. */
export type RunCommand = (dialogue: Dialogue) => CommandResult | undefined | Promise<CommandResult | undefined>

export class Dialogue {
  /** Who asks: the full address. */
  readonly from: Jid
  readonly node: string
  /** Aborted when the command is cancelled, or nobody goes on with it. */
  readonly signal: AbortSignal
  readonly #id: string
  readonly #abort: AbortController = new AbortController()
  #allowed: readonly CommandStep[] = []
  #usual: CommandStep | undefined
  #reply: Deferred<CommandReply> | undefined
  #answer: Deferred<Element> = deferred()

  /** @internal Made by `commands`. */
  constructor(from: Jid, node: string, id: string) {
    this.from = from
    this.node = node
    this.#id = id
    this.signal = this.#abort.signal
  }

  /** Shows a form, and resolves with what comes back. Throws when the command is cancelled: let it pass. */
  ask(
    form: FormDraft,
    { allowed = ['complete'], usual = allowed.at(-1), notes = [] }: AskOptions = {},
  ): Promise<CommandReply> {
    this.signal.throwIfAborted()
    this.#allowed = allowed
    this.#usual = usual
    this.#reply = deferred()
    const actions = Object.fromEntries(allowed.map((step) => [step, true]))
    this.#say({
      status: 'executing',
      notes,
      payloads: [dataForm.build(formOf('form', form))],
      actions: { ...actions, execute: usual },
    })
    return this.#reply.promise
  }

  /** @internal */
  async begin(run: RunCommand): Promise<Element> {
    const { promise } = this.#answer
    void this.#run(run)
    return await promise
  }

  /** @internal The next request of who asked. */
  async go({ action = 'execute', payloads }: CommandRequest): Promise<Element> {
    const step = action === 'execute' ? this.#usual : action
    if (step === undefined || step === 'cancel' || !this.#allowed.includes(step)) throw commandError('bad-action')
    const form = commandForm({ node: this.node, payloads })
    if (isBroken(form)) throw commandError('bad-payload', form.sentence)
    const reply = this.#reply
    if (reply === undefined) throw commandError('bad-action', 'the step before is not done')
    this.#reply = undefined
    this.#answer = deferred()
    reply.resolve({
      step,
      form,
      value: (name) => form && firstValueOf(form, name),
      values: (name) => (form && fieldOf(form, name)?.values) ?? [],
    })
    return await this.#answer.promise
  }

  /** @internal */
  cancel(): Element {
    this.end()
    return this.#build({ status: 'canceled', notes: [], payloads: [] })
  }

  /** @internal Nobody goes on with it. */
  end(): void {
    const reason = new DOMException('The command was cancelled.', 'AbortError')
    this.#abort.abort(reason)
    this.#reply?.reject(reason)
    this.#answer.reject(commandError('session-expired'))
  }

  async #run(run: RunCommand): Promise<undefined> {
    try {
      const { notes = [], form } = (await run(this)) ?? {}
      this.#say({
        status: 'completed',
        notes,
        payloads: form === undefined ? [] : [dataForm.build(formOf('result', form))],
      })
    } catch (error) {
      this.#answer.reject(error)
    }
  }

  #say(answer: Omit<CommandAnswer, 'node'>): void {
    this.#answer.resolve(this.#build(answer))
  }

  #build(answer: Omit<CommandAnswer, 'node'>): Element {
    return commandAnswer.build({ ...answer, node: this.node, sessionId: this.#id })
  }
}
