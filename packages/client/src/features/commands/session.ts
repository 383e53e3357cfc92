/** A command of somebody else, step by step (XEP-0050 1.3.0). */
import { isBroken } from '@rookery/protocol/codec'
import { type DataForm, dataForm, type FormAnswers, fillForm, firstValueOf } from '@rookery/protocol/forms'
import type { Jid } from '@rookery/protocol/jid'
import {
  type CommandAnswer,
  type CommandNote,
  type CommandRequest,
  type CommandStep,
  commandAnswer,
  commandForm,
  commandRequest,
  stepsOf,
} from '@rookery/protocol/xeps/commands'
import type { Element } from '@rookery/protocol/xml'
import { ask } from '../../contract/ask.ts'
import { UnexpectedAnswerError, UsageError } from '../../contract/errors.ts'
import type { Core } from '../../contract/extension.ts'
import type { WaitOptions } from '../../contract/within.ts'

export class CommandSession {
  readonly jid: Jid
  readonly node: string
  readonly #core: Core
  #answer!: CommandAnswer
  #form: DataForm | undefined

  /** @internal Made by `commands`. */
  constructor(core: Core, jid: Jid, node: string) {
    this.#core = core
    this.jid = jid
    this.node = node
  }

  get status(): 'executing' | 'completed' | 'canceled' {
    return this.#answer.status
  }

  /** To be filled in, or a result: `form.type` says which. */
  get form(): DataForm | undefined {
    return this.#form
  }

  /** For people; one of type `error` on a completed command says that it failed. [XEP-0050 3.6] */
  get notes(): readonly CommandNote[] {
    return this.#answer.notes
  }

  /** What may be done next, beside cancelling. */
  get allowed(): readonly CommandStep[] {
    return stepsOf(this.#answer).allowed
  }

  /** What one usually does next. */
  get usual(): CommandStep | undefined {
    return stepsOf(this.#answer).usual
  }

  /** All that came, the most important first: forms, links and whatever else. */
  get payloads(): readonly Element[] {
    return this.#answer.payloads
  }

  /** The first value of a field of the form. */
  value(name: string): string | undefined {
    return this.#form && firstValueOf(this.#form, name)
  }

  /** Goes on with these answers to the form; resolves when the next step is there, on this object. */
  next(answers?: FormAnswers, options?: WaitOptions): Promise<this> {
    return this.#go('next', answers, options)
  }

  /** Ends it with these answers. */
  complete(answers?: FormAnswers, options?: WaitOptions): Promise<this> {
    return this.#go('complete', answers, options)
  }

  /** Goes back. */
  prev(options?: WaitOptions): Promise<this> {
    return this.#go('prev', undefined, options)
  }

  async cancel(options?: WaitOptions): Promise<this> {
    if (this.status !== 'executing') return this
    return await this.step({ action: 'cancel' }, options)
  }

  /** @internal */
  async step(
    request: Pick<CommandRequest, 'action'> & { readonly form?: DataForm },
    options: WaitOptions = {},
  ): Promise<this> {
    const { node, jid } = this
    const sessionId = this.#answer?.sessionId
    const payloads = request.form === undefined ? [] : [dataForm.build(request.form)]
    const payload = commandRequest.build({ node, sessionId, action: request.action, payloads })
    const answer = await ask(this.#core, 'set', payload, commandAnswer, {
      to: jid,
      signal: options.signal,
      timeout: options.timeout,
    })
    const form = commandForm(answer)
    const isOther = sessionId !== undefined && answer.sessionId !== undefined && answer.sessionId !== sessionId
    if (
      answer.node !== node ||
      isOther ||
      isBroken(form) ||
      (answer.status === 'executing' && answer.sessionId === undefined)
    )
      throw new UnexpectedAnswerError('The answer does not belong to this command.')
    this.#answer = answer
    this.#form = form
    return this
  }

  async #go(action: CommandStep, answers: FormAnswers | undefined, options: WaitOptions | undefined): Promise<this> {
    if (!this.allowed.includes(action))
      throw new UsageError(`The command is ${this.status}: "${action}" is not allowed.`)
    const form = this.#form
    // going back leaves what was entered
    const filled = form?.type === 'form' && action !== 'prev' ? fillForm(form, answers ?? {}) : undefined
    return await this.step({ action, ...(filled && { form: filled }) }, options)
  }
}
