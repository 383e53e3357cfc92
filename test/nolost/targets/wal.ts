/**
 * The write-ahead log of SQLite (its file format document, section 4): where the committed part ends, and what a machine that died while writing
 * the next transaction leaves behind it. Nothing committed is touched: a commit is synced before anybody hears of it.
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'

const headerBytes = 32
const frameHeaderBytes = 24

export interface CommittedPart {
  readonly pageSize: number
  readonly frames: number
  /** Where the next frame goes. */
  readonly end: number
  /** The salts that make a frame one of this log. */
  readonly salts: Buffer
}

/** Undefined when the file holds no log. Trusts salts alone: frames of this log follow each other without a gap. */
export function committedPart(file: number): CommittedPart | undefined {
  const header = Buffer.alloc(headerBytes)
  if (readSync(file, header, 0, headerBytes, 0) < headerBytes) return undefined
  if ((header.readUInt32BE(0) & 0xfffffffe) >>> 0 !== 0x377f0682) return undefined
  const pageSize = header.readUInt32BE(8)
  const salts = Buffer.from(header.subarray(16, 24))
  const frame = Buffer.alloc(frameHeaderBytes)
  let frames = 0
  let committed = 0
  for (;;) {
    const at = headerBytes + frames * (frameHeaderBytes + pageSize)
    if (readSync(file, frame, 0, frameHeaderBytes, at) < frameHeaderBytes) break
    if (!frame.subarray(8, 16).equals(salts)) break
    frames++
    // the last frame of a transaction says how large the database is after it
    if (frame.readUInt32BE(4) !== 0) committed = frames
  }
  return { pageSize, frames: committed, end: headerBytes + committed * (frameHeaderBytes + pageSize), salts }
}

/** Writes a transaction that was never finished behind the committed part: frames of the right log with content that is not theirs. */
export function tearLog(path: string, random: () => number): string {
  const file = openSync(path, 'r+')
  try {
    const part = committedPart(file)
    if (part === undefined) return 'the log is empty'
    const { pageSize, end, salts } = part
    const garbage = Buffer.alloc(Math.ceil(random() * 3 * (frameHeaderBytes + pageSize)))
    for (let i = 0; i < garbage.length; i++) garbage[i] = Math.floor(random() * 256)
    for (let at = 0; at + frameHeaderBytes <= garbage.length; at += frameHeaderBytes + pageSize) {
      garbage.writeUInt32BE(1 + Math.floor(random() * 100), at) // a page
      garbage.writeUInt32BE(random() < 0.5 ? 0 : 100, at + 4) // some claim to complete a transaction
      salts.copy(garbage, at + 8)
    }
    writeSync(file, garbage, 0, garbage.length, end)
    return `${garbage.length} bytes torn behind ${part.frames} frames, of ${fstatSync(file).size} bytes`
  } finally {
    closeSync(file)
  }
}
