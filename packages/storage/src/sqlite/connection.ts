/** One worker thread from its start to its end: opened or refused, answering, closed or dead. */
import { resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import { closedError, StorageError } from '../error.ts'
import { CommitQueue, type QueueLimit } from './commit-queue.ts'
import { type Answer, CLOSED, type Failure, OPENED, REFUSED, type WorkerSettings } from './message.ts'
import type { SqliteStorageOptions } from './storage.ts'

/** What may wait to be committed. */
const QUEUE_LIMIT: QueueLimit = { count: 100_000, bytes: 64 * 1024 * 1024 }

export class Connection {
  readonly queue: CommitQueue
  readonly opened: Promise<void>
  readonly #worker: Worker
  readonly #ended = Promise.withResolvers<void>()
  #closing: Promise<void> | undefined

  constructor({ folder, queue = QUEUE_LIMIT, maxBytes, archiveTail, onFailure }: SqliteStorageOptions) {
    const settings: WorkerSettings = { folder: resolve(folder), maxBytes, archiveTail }
    // The sources run unbuilt; in a built package the worker is JavaScript like this file.
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js'
    const worker = new Worker(new URL(file, import.meta.url), {
      workerData: settings,
      execArgv: [],
      name: 'rookery-sqlite',
    })
    this.#worker = worker
    this.queue = new CommitQueue(queue, (request) => worker.postMessage(request))
    const opening = Promise.withResolvers<void>()
    this.opened = opening.promise
    let isOpen = false
    let isOver = false
    const end = (failure: Failure): void => {
      if (isOver) return
      isOver = true
      const error = new StorageError(failure.kind, failure)
      this.queue.fail(failure)
      opening.reject(error)
      if (this.#closing === undefined) this.#ended.resolve()
      else this.#ended.reject(error)
      if (isOpen && this.#closing === undefined) onFailure?.(error)
    }
    worker.on('message', (answer: Answer) => {
      switch (answer[0]) {
        case OPENED:
          isOpen = true
          return opening.resolve()
        case REFUSED:
          return end(answer[1])
        case CLOSED:
          isOver = true
          this.queue.finish()
          return this.#ended.resolve()
        default:
          return this.queue.settle(answer)
      }
    })
    worker.on('error', (cause) => end(workerDied(settings.folder, cause)))
    worker.on('messageerror', (cause) => end(workerDied(settings.folder, cause)))
    worker.on('exit', (code) => end(workerDied(settings.folder, new Error(`The worker ended with code ${code}.`))))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.queue.close(closedError())
    try {
      await this.#ended.promise
    } finally {
      await this.#worker.terminate()
    }
  }
}

function workerDied(folder: string, cause: unknown): Failure {
  return {
    kind: 'failed',
    problem: `The storage worker for ${folder} died: ${cause instanceof Error ? cause.message : String(cause)}`,
    advice:
      'Restart the server; everything acknowledged is on disk. If it happens again, please report it with the cause.',
    path: folder,
    cause,
  }
}
