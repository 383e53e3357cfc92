/** Questions whose answer is an element that a codec reads. */
import { type ElementCodec, isBroken } from '@rookery/protocol/codec'
import type { Element } from '@rookery/protocol/xml'
import { RequestError, UnexpectedAnswerError, UnsupportedError } from './errors.ts'
import type { Core } from './extension.ts'
import type { RequestOptions } from './within.ts'

/** Asks, and reads the answer. Throws what `core.request` does, and UnexpectedAnswerError. */
export async function ask<T>(
  core: Pick<Core, 'request'>,
  type: 'get' | 'set',
  payload: Element,
  codec: ElementCodec<T>,
  options?: RequestOptions,
): Promise<T> {
  return readAnswer(await core.request(type, payload, options), codec)
}

export function readAnswer<T>(answer: Element | undefined, codec: ElementCodec<T>): T {
  const read = answer === undefined ? undefined : codec.parse(answer)
  if (read === undefined) throw new UnexpectedAnswerError(`The answer has no <${codec.name}/>.`)
  if (isBroken(read)) throw new UnexpectedAnswerError(`The answer is broken: ${read.sentence}`)
  return read
}

/** Whether it says that nobody there knows such questions. [RFC6120 8.3.3.3, 8.3.3.19] */
export function isLacking(error: unknown): error is RequestError {
  return (
    error instanceof RequestError &&
    (error.condition === 'service-unavailable' || error.condition === 'feature-not-implemented')
  )
}

/** Whether it says that what was asked for is not there. [RFC6120 8.3.3.7] */
export function isMissing(error: unknown): error is RequestError {
  return error instanceof RequestError && error.condition === 'item-not-found'
}

/** For `catch`: an UnsupportedError where that is so. */
export function lacking(ns: string, text = `The server does not support ${ns}.`): (error: unknown) => never {
  return (error) => {
    throw isLacking(error) ? new UnsupportedError(ns, text) : error
  }
}
