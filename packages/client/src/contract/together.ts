/** The work of several listeners as that of one: a promise when any of them works on. */
export function together(works: readonly unknown[]): undefined | Promise<undefined> {
  const promises = works.filter((work) => work instanceof Promise)
  return promises.length === 0 ? undefined : Promise.all(promises).then(() => undefined)
}
