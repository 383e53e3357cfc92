/** What the parts of the compliance suite share. */
import assert from 'node:assert/strict'
import type { HostStorage, Storage } from '../contracts.ts'
import { StorageError } from '../error.ts'

/** Gets an open, empty storage and one host of it. */
export type Case = (host: HostStorage, storage: Storage) => Promise<void>

export type It = (title: string, run: Case) => void

/** 'ä€' as a wire string: the bytes of its UTF-8. */
export const WIRE = '<b>\xc3\xa4\xe2\x82\xac</b>'

export function isStorageError(kind: StorageError['kind']): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof StorageError, String(error))
    assert.equal(error.kind, kind, error.stack)
    assert.ok(error.problem !== '' && error.advice !== '')
    return true
  }
}
