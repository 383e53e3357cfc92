/** JSON in nodes (XEP-0335 0.1.1, JSON Containers), checked by a schema of yours: of zod, valibot, arktype, or any other of Standard Schema. */
import { CodecError } from '@rookery/protocol/codec'
import { el } from '@rookery/protocol/xml'
import { UsageError } from '../../contract/errors.ts'
import type { ItemCodec } from './node.ts'

const JSON_NS = 'urn:xmpp:json:0'

/** What is needed of Standard Schema, version 1. */
export interface Schema<T> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<T> | Promise<SchemaResult<T>>
    readonly types?: { readonly input: unknown; readonly output: T } | undefined
  }
}

/** What a schema makes of a value. */
export type SchemaResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] }

/** Items of a node as values of this schema. It has to judge at once: a schema that answers promises throws a UsageError. */
/* @__NO_SIDE_EFFECTS__ */
export function json<T>(schema: Schema<T>): ItemCodec<T> {
  return {
    parse: (element) => {
      if (!element.is('json', JSON_NS)) return undefined
      let read: unknown
      try {
        read = JSON.parse(element.text())
      } catch {
        return new CodecError('The text is no JSON.')
      }
      const result = schema['~standard'].validate(read)
      if (result instanceof Promise) throw new UsageError('The schema of a node must not be asynchronous.')
      return result.issues === undefined ? result.value : new CodecError('The schema does not allow it.')
    },
    build: (value) => el('json', JSON_NS, undefined, JSON.stringify(value)),
  }
}
