/** Calls of what belongs to somebody else. */
import { type ClientError, DisconnectedError, ListenerError } from './errors.ts'
import { both } from './together.ts'

/** What it throws is told, and the answer is undefined then; a promise it answers never rejects. */
export function guard<T>(failed: (error: ClientError) => unknown, where: string, run: () => T): T | undefined {
  const told = (cause: unknown): undefined => {
    failed(new ListenerError(where, cause))
  }
  try {
    const made = run()
    return made instanceof Promise ? (made.catch(told) as T) : made
  } catch (cause) {
    return told(cause)
  }
}

/** Calls all of them, each guarded; a promise while any of them works on. */
export function callEach<P>(
  failed: (error: ClientError) => unknown,
  where: string,
  runs: Iterable<(payload: P) => unknown>,
  payload: P,
): undefined | Promise<undefined> {
  let working: undefined | Promise<undefined>
  for (const run of runs)
    working = both(
      working,
      guard(failed, where, () => run(payload)),
    )
  return working
}

/** Like `guard`, for work at the start or the end of a session, whose own errors are told as they are: but for that it has ended meanwhile. */
export async function guardWork<T>(
  failed: (error: ClientError) => unknown,
  run: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof DisconnectedError))
      failed(error instanceof Error && 'kind' in error ? (error as ClientError) : new ListenerError('session', error))
    return undefined
  }
}
