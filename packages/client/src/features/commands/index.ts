/** Ad-Hoc Commands (XEP-0050 1.3.0): those of servers, bots and other devices, and one's own. */
import { isBroken } from '@rookery/protocol/codec'
import { FORM_NS } from '@rookery/protocol/forms'
import type { Jid } from '@rookery/protocol/jid'
import { type Iq, StanzaError } from '@rookery/protocol/stanza'
import { COMMANDS_NS, commandError, commandRequest } from '@rookery/protocol/xeps/commands'
import type { Element } from '@rookery/protocol/xml'
import { readJid } from '../../contract/address.ts'
import { isLacking, isMissing, lacking } from '../../contract/ask.ts'
import { type Core, defineExtension, type Extension } from '../../contract/extension.ts'
import type { WaitOptions } from '../../contract/within.ts'
import { type Disco, disco, type OwnNode } from '../disco.ts'
import { Dialogue, type RunCommand } from './dialogue.ts'
import { CommandSession } from './session.ts'

export type { CommandNote, CommandStep } from '@rookery/protocol/xeps/commands'
export { type AskOptions, type CommandReply, type CommandResult, Dialogue, type RunCommand } from './dialogue.ts'
export type { FormDraft } from './form-draft.ts'
export { CommandSession } from './session.ts'

export interface CommandInfo {
  readonly jid: Jid
  readonly node: string
  readonly name: string | undefined
}

/** A command of ours. */
export interface OfferedCommand {
  /** Its name for programs. */
  readonly node: string
  /** Its name for people. */
  readonly name: string
  /** Who may see and execute it, by full address; the own account unless told. */
  readonly allowed?: ((jid: Jid) => boolean) | undefined
  /** What it does. A StanzaError that it throws is the answer. */
  readonly run: RunCommand
}

const maxSessions = 50
/** Milliseconds until somebody goes on. */
const sessionFor = 600_000

interface Running {
  readonly dialogue: Dialogue
  /** While the next request is waited for. */
  stop: (() => void) | undefined
}

export class Commands {
  readonly #core: Core
  readonly #disco: Disco
  readonly #offered: Map<string, Required<OfferedCommand> & { readonly allowed: (jid: Jid) => boolean }> = new Map()
  readonly #running: Map<string, Running> = new Map()

  constructor(core: Core) {
    this.#core = core
    this.#disco = core.use(disco)
    this.#disco.answerNode((node, request) => this.#describe(node, request.from ?? core.account))
    core.respond('set', 'command', COMMANDS_NS, (request) => this.#requested(request))
    core.onSessionEnd(() => {
      for (const id of [...this.#running.keys()]) this.#end(id)
    })
  }

  /** The commands that somebody has for us; of our server unless told. Page by page; none where nobody knows commands. */
  async *list(
    jid: Jid | string = this.#core.account.domain,
    options: WaitOptions = {},
  ): AsyncGenerator<CommandInfo, undefined> {
    try {
      for await (const item of this.#disco.items(jid, { ...options, node: COMMANDS_NS }))
        if (item.node !== undefined) yield { jid: item.jid, node: item.node, name: item.name }
    } catch (error) {
      if (!isLacking(error) && !isMissing(error)) throw error
    }
  }

  /**
   * Begins a command; many are done with that. Throws UnsupportedError where nobody knows commands, RequestError (`forbidden`,
   * `item-not-found`), UnexpectedAnswerError.
   */
  async execute(jid: Jid | string, node: string, options: WaitOptions = {}): Promise<CommandSession> {
    const session = new CommandSession(this.#core, readJid(jid), node)
    return await session.step({ action: 'execute' }, options).catch(lacking(COMMANDS_NS, `${jid} has no commands.`))
  }

  /** Lets others execute a command of ours. The answer takes it back; who is in the middle of it may go on. */
  offer(command: OfferedCommand): () => void {
    const allowed = command.allowed ?? ((jid: Jid) => jid.bare.equals(this.#core.account))
    const offered = { ...command, allowed }
    this.#offered.set(command.node, offered)
    return () => {
      if (this.#offered.get(command.node) === offered) this.#offered.delete(command.node)
    }
  }

  #describe(node: string, from: Jid): OwnNode | undefined {
    const mine = [...this.#offered.values()].filter(({ allowed }) => allowed(from))
    if (node === COMMANDS_NS) {
      const jid = this.#core.jid!
      return { items: mine.map((one) => ({ jid, node: one.node, name: one.name })) } // [XEP-0050 2.2]
    }
    const found = mine.find((one) => one.node === node)
    if (found === undefined) return undefined
    const identities = [{ category: 'automation', type: 'command-node', name: found.name }]
    return { info: { identities, features: [COMMANDS_NS, FORM_NS], forms: [] } } // [XEP-0050 2.3]
  }

  async #requested(request: Iq): Promise<Element> {
    const asked = commandRequest.parse(request.payload!)
    if (asked === undefined || isBroken(asked)) throw commandError('malformed-action')
    const from = request.from ?? this.#core.account
    const { sessionId, node, action } = asked
    if (sessionId === undefined) {
      if (action !== undefined && action !== 'execute') throw commandError('bad-action')
      return await this.#begin(from, node)
    }
    // a session belongs to who began it [XEP-0050 4.2]
    const running = this.#running.get(sessionId)
    if (running === undefined || !running.dialogue.from.equals(from) || running.dialogue.node !== node)
      throw commandError('bad-sessionid')
    if (action !== 'cancel') return await this.#watch(sessionId, running, running.dialogue.go(asked))
    this.#forget(sessionId)
    return running.dialogue.cancel()
  }

  async #begin(from: Jid, node: string): Promise<Element> {
    const command = this.#offered.get(node)
    if (command === undefined) throw new StanzaError('item-not-found')
    if (!command.allowed(from)) throw new StanzaError('forbidden')
    if (this.#running.size >= maxSessions) throw new StanzaError('resource-constraint')
    const id = this.#core.newId()
    const running: Running = { dialogue: new Dialogue(from, node, id), stop: undefined }
    this.#running.set(id, running)
    return await this.#watch(id, running, running.dialogue.begin(command.run))
  }

  /** The next request has to come in time. */
  async #watch(id: string, running: Running, working: Promise<Element>): Promise<Element> {
    const wasIdle = running.stop !== undefined
    stopClock(running)
    const rest = (): void => {
      stopClock(running)
      if (this.#running.has(id)) running.stop = this.#core.clock.after(sessionFor, () => this.#end(id))
    }
    try {
      const answer = await working
      if (answer.attr('status') === 'executing') rest()
      else this.#forget(id)
      return answer
    } catch (error) {
      // a step that was refused leaves the session as it was
      if (!(error instanceof StanzaError) || error.application?.ns !== COMMANDS_NS) this.#forget(id)
      else if (wasIdle) rest()
      throw error
    }
  }

  #end(id: string): void {
    this.#running.get(id)?.dialogue.end()
    this.#forget(id)
  }

  #forget(id: string): void {
    const running = this.#running.get(id)
    if (running !== undefined) stopClock(running)
    this.#running.delete(id)
  }
}

/** Commands of others and of ours. */
export const commands: Extension<'commands', Commands> = defineExtension({
  name: 'commands',
  features: [COMMANDS_NS],
  start: (core) => new Commands(core),
})

function stopClock(running: Running): void {
  running.stop?.()
  running.stop = undefined
}
