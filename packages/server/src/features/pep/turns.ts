/** Work on the nodes of one account takes turns: what is decided from a list still holds when it is written. */
export class Turns {
  /** The last turn of each account that has one under way. */
  readonly #last = new Map<string, Promise<unknown>>()

  /** `work` may hand `later` a promise that its caller need not wait for, but the next turn does. It must not reject. */
  take<T>(local: string, work: (later: (rest: Promise<unknown>) => void) => Promise<T>): Promise<T> {
    const before = this.#last.get(local)
    let rest: Promise<unknown> | undefined
    const run = (): Promise<T> => work((promise) => void (rest = promise))
    const answer = before === undefined ? run() : before.then(run)
    const turn = answer.then(
      () => rest,
      () => rest,
    )
    this.#last.set(local, turn)
    turn.then(() => {
      if (this.#last.get(local) === turn) this.#last.delete(local)
    })
    return answer
  }

  /** Nothing is under way any more. */
  async settled(local: string): Promise<void> {
    for (let turn = this.#last.get(local); turn !== undefined; turn = this.#last.get(local)) await turn
  }
}
