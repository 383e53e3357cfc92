/** A program for Node: compiled with its types. */
import process from 'node:process'
import { type ClientError, UsageError } from '@rookery/client/node'

export function complain(error: ClientError): void {
  process.stderr.write(`${error.message}\n`)
}

complain(new UsageError('Nothing was done.'))
