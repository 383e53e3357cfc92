/** What becomes of what could not be kept: the program goes on, and is told. */
import type { Maybe } from '@rookery/protocol'
import { type ClientError, StoreError, UsageError } from './errors.ts'

/** The same writing, which never rejects: `text` is told then, but for a client that is closed. */
export function tellUnkept(
  { failed }: { readonly failed: (error: ClientError) => unknown },
  writing: Maybe<undefined>,
  text: string,
): Maybe<undefined> {
  if (!(writing instanceof Promise)) return undefined
  return writing.catch((cause: unknown) => {
    // what ends when the client is closed has nobody to keep it for
    if (!(cause instanceof UsageError)) failed(new StoreError(text, { cause }))
    return undefined
  })
}
