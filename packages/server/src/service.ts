/** What one feature offers to others. Features meet only here: the contracts lie in `services/`, owned by nobody's room. */

/** A typed name of a service. */
export interface Service<T> {
  readonly name: string
  /** Never there; carries the type. */
  readonly contract?: T
}

export interface Provided {
  readonly service: Service<unknown>
  readonly implementation: unknown
}

/** Declares the name of a service. */
export function service<T>(name: string): Service<T> {
  return { name }
}

/** Binds an implementation to a service. */
export function provide<T>(token: Service<T>, implementation: T): Provided {
  return { service: token, implementation }
}
