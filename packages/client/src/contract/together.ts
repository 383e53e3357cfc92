/** The work of several listeners as that of one: a promise when any of them works on. None of them rejects. */
export function together(works: readonly unknown[]): undefined | Promise<undefined> {
  return works.reduce<undefined | Promise<undefined>>(both, undefined)
}

/** Goes on until both are done. Neither rejects. */
export function both(one: undefined | Promise<undefined>, other: unknown): undefined | Promise<undefined> {
  if (!(other instanceof Promise)) return one
  return one === undefined ? other : one.then(() => other)
}
