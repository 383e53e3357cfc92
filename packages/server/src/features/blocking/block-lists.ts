/** The block lists of a host: read once, kept in memory while they are used, changed one after the other. */
import type { Maybe } from '@rookery/protocol'
import { type DocumentStore, RecentMap } from '@rookery/storage'
import { BlockList, nobody } from './block-list.ts'

const key = 'blocking'

export class BlockLists {
  readonly #store: DocumentStore
  readonly #known = new RecentMap<string, BlockList>(200_000)
  readonly #loading = new Map<string, Promise<BlockList>>()
  /** The last change of each account that has one under way. */
  readonly #changes = new Map<string, Promise<unknown>>()

  #removals = 0

  constructor(store: DocumentStore) {
    this.#store = store
  }

  of(local: string): Maybe<BlockList> {
    return this.#known.get(local) ?? this.#load(local)
  }

  /** Writes the list that `next` makes of the present one; `beforeUse` is called when it is durable, and not yet used. */
  change(
    local: string,
    next: (list: BlockList) => BlockList,
    beforeUse: (list: BlockList, before: BlockList) => Maybe<undefined>,
  ): Promise<BlockList> {
    const turn = (async () => {
      await this.#changes.get(local)?.catch(() => undefined)
      const removals = this.#removals
      const before = await this.of(local)
      const list = next(before)
      if (list.size === 0) await this.#store.remove(local, key)
      else await this.#store.put(local, key, list.toString())
      await beforeUse(list, before)
      if (removals === this.#removals) this.#known.set(local, list)
      else this.#known.delete(local) // it may be this account that is gone [S52]
      return before
    })()
    this.#changes.set(local, turn)
    const done = (): void => {
      if (this.#changes.get(local) === turn) this.#changes.delete(local)
    }
    turn.then(done, done)
    return turn
  }

  /** The account is gone. */
  async forget(local: string): Promise<undefined> {
    for (let change = this.#changes.get(local); change !== undefined; change = this.#changes.get(local))
      await change.catch(() => undefined)
    this.#removals++
    this.#known.delete(local)
    this.#loading.delete(local)
    return undefined
  }

  #load(local: string): Promise<BlockList> {
    const loading = this.#loading.get(local)
    if (loading !== undefined) return loading
    const load: Promise<BlockList> = this.#store.get(local, key).then((kept) => {
      const known = this.#known.get(local) // a change may have been quicker
      if (known !== undefined) return known
      const list = kept === undefined ? nobody : BlockList.parse(kept)
      if (this.#loading.get(local) === load) this.#known.set(local, list) // else the account is gone
      return list
    })
    this.#loading.set(local, load)
    const done = (): void => {
      if (this.#loading.get(local) === load) this.#loading.delete(local)
    }
    load.then(done, done)
    return load
  }
}
