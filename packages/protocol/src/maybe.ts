/** A value that is there now, or a promise of it: callers stay synchronous until someone really waits. */
export type Maybe<T> = T | Promise<T>

/** Goes on with `next` at once when `value` is there, later when it is a promise. */
export function then<T, U>(value: Maybe<T>, next: (value: T) => Maybe<U>): Maybe<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}
