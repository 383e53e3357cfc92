/**
 * The worker thread of the SQLite driver: runs whatever groups wait as one transaction, answers after the commit, and takes what has
 * gathered meanwhile. Started by `storage.ts`; never imported.
 */

import type { DatabaseSync } from 'node:sqlite'
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { openDatabase } from './database.ts'
import { toFailure } from './failure.ts'
import { GroupCommit } from './group-commit.ts'
import { type Answer, CLOSED, type Group, OPENED, REFUSED, type Request, type WorkerSettings } from './message.ts'

/** Operations in one transaction, so that the first does not wait for a crowd. */
const OPERATIONS_PER_COMMIT = 4096

const port = parentPort!
const settings = workerData as WorkerSettings
const answer = (message: Answer): void => port.postMessage(message)

try {
  serve(openDatabase(settings))
} catch (error) {
  answer([REFUSED, toFailure(error, settings.folder)])
}

function serve(database: DatabaseSync): void {
  const commits = new GroupCommit(database, settings.folder, settings.archiveTail)
  port.on('message', (first: Request) => {
    let request: Request | undefined = first
    while (request !== undefined && request !== 'close') {
      const groups: Group[] = [request]
      let count = commits.countOf(request)
      request = next()
      while (request !== undefined && request !== 'close' && count < OPERATIONS_PER_COMMIT) {
        groups.push(request)
        count += commits.countOf(request)
        request = next()
      }
      answer(commits.run(groups))
    }
    if (request === 'close') close(database)
  })
  answer([OPENED])
}

function next(): Request | undefined {
  return receiveMessageOnPort(port)?.message as Request | undefined
}

function close(database: DatabaseSync): void {
  try {
    database.close()
    answer([CLOSED])
  } catch (error) {
    answer([REFUSED, toFailure(error, settings.folder)])
  }
  port.close()
}
