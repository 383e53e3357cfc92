/** A value that is there now, or a promise of it: callers stay synchronous until someone really waits. */
export type Maybe<T> = T | Promise<T>

/** Goes on with `next` at once when `value` is there, later when it is a promise. */
export function then<T, U>(value: Maybe<T>, next: (value: T) => Maybe<U>): Maybe<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** The same for where every message comes by: `about` is handed to `next`, so that no closure is made while nobody waits. */
export function thenWith<T, A, U>(value: Maybe<T>, about: A, next: (value: T, about: A) => Maybe<U>): Maybe<U> {
  return value instanceof Promise ? later(value, about, next) : next(value, about)
}

function later<T, A, U>(value: Promise<T>, about: A, next: (value: T, about: A) => Maybe<U>): Promise<U> {
  return value.then((known) => next(known, about))
}
