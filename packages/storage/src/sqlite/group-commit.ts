/**
 * One transaction for many operations. All of them commit, and only then are answered; an operation that fails alone is undone alone.
 * Knows SQL only as BEGIN and COMMIT; the operations are in `tables/`.
 */
import type { DatabaseSync } from 'node:sqlite'
import { toFailure } from './failure.ts'
import { InPlace } from './in-place.ts'
import { Jids } from './jids.ts'
import { Journal } from './journal.ts'
import { type Answer, COMMITTED, FAILED, type Failure, type Group, type Value } from './message.ts'
import { createRunners, type Runner } from './runners.ts'
import { type Command, command } from './statement.ts'

/** Thrown out of the quick attempt: some operation failed, it is worth the price of savepoints to find out alone. */
const OPERATION_FAILED = Symbol('an operation failed')

/** Runs the operation at this place of the group; its result, or none if it failed alone. */
type Step = (runner: Runner, group: Group, at: number, fail: (failure: Failure) => undefined) => Value

export class GroupCommit {
  readonly #database: DatabaseSync
  readonly #folder: string
  readonly #inPlace: InPlace
  readonly #jids: Jids
  readonly #journal = new Journal()
  readonly #runners: readonly Runner[]
  readonly #begin: Command
  readonly #commit: Command
  readonly #savepoint: Command
  readonly #release: Command
  readonly #undo: Command

  constructor(database: DatabaseSync, folder: string, archiveTail?: number) {
    this.#database = database
    this.#folder = folder
    this.#inPlace = new InPlace(folder)
    this.#jids = new Jids(database)
    this.#runners = createRunners(database, this.#jids, this.#journal, archiveTail)
    this.#begin = command(database, 'BEGIN')
    this.#commit = command(database, 'COMMIT')
    this.#savepoint = command(database, 'SAVEPOINT operation')
    this.#release = command(database, 'RELEASE operation')
    this.#undo = command(database, 'ROLLBACK TO operation')
  }

  /** How many operations a group holds. */
  countOf(group: Group): number {
    let count = 0
    for (let at = 0; at < group.length; at += 1 + this.#runners[group[at] as number]!.arity) count += 1
    return count
  }

  /**
   * Runs the groups as one transaction: first without savepoints, as nearly nothing ever fails; if an operation did, again with them. If
   * the transaction itself fails (disk full, I/O error) no write has happened, but reading goes on.
   */
  run(groups: readonly Group[]): Answer {
    const problem = this.#inPlace.problem()
    if (problem !== undefined) return this.#onlyReads(groups, problem)
    try {
      return this.#transaction(groups, this.#plain)
    } catch (error) {
      if (error !== OPERATION_FAILED) return this.#onlyReads(groups, error)
    }
    try {
      return this.#transaction(groups, this.#guarded)
    } catch (error) {
      return this.#onlyReads(groups, error)
    }
  }

  #onlyReads(groups: readonly Group[], error: unknown): Answer {
    const failure = toFailure(error, this.#folder)
    try {
      return this.#transaction(groups, (runner, group, at, fail) =>
        runner.isRead ? this.#guarded(runner, group, at, fail) : fail(failure),
      )
    } catch {
      const count = groups.reduce((sum, group) => sum + this.countOf(group), 0)
      return [FAILED, count, failure]
    }
  }

  #transaction(groups: readonly Group[], step: Step): Answer {
    const results: Value[] = []
    const failed: [number, Failure][] = []
    const fail = (failure: Failure): undefined => {
      failed.push([results.length, failure])
    }
    try {
      this.#begin.run()
      for (const group of groups) {
        for (let at = 0; at < group.length; ) {
          const runner = this.#runners[group[at] as number]!
          results.push(step(runner, group, at, fail))
          at += 1 + runner.arity
        }
      }
      this.#commit.run()
      this.#journal.clear()
    } catch (error) {
      this.#rollBack()
      throw error
    }
    return [COMMITTED, results, failed.length === 0 ? undefined : failed]
  }

  readonly #plain: Step = (runner, group, at) => {
    try {
      return call(runner, group, at)
    } catch {
      throw OPERATION_FAILED
    }
  }

  readonly #guarded: Step = (runner, group, at, fail) => {
    this.#savepoint.run()
    const { mark } = this.#journal
    try {
      const value = call(runner, group, at)
      this.#release.run()
      return value
    } catch (error) {
      // Some errors (disk full, I/O) may end the whole transaction. [SQLite: lang_transaction 3]
      if (!this.#database.isTransaction) throw error
      this.#undo.run()
      this.#release.run()
      this.#forget(mark)
      return fail(toFailure(error, this.#folder))
    }
  }

  #rollBack(): void {
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
    this.#forget(0)
  }

  /** What was remembered since the mark is true no more. */
  #forget(mark: number): void {
    this.#jids.forget()
    this.#journal.undoTo(mark)
  }
}

/** Without an array of arguments: no operation takes more than eight. */
function call(runner: Runner, g: Group, at: number): Value {
  return runner.run(g[at + 1], g[at + 2], g[at + 3], g[at + 4], g[at + 5], g[at + 6], g[at + 7], g[at + 8])
}
