/** Files as callers have them, to be read as a stream: of a browser's input, from memory, or as they come. */
import { UsageError } from './errors.ts'

/** A `File` has a name, a type and a date; a stream comes with a `size`, or is read into memory. In Node, `fs.openAsBlob` makes a Blob. */
export type FileData = Blob | Uint8Array<ArrayBuffer> | ArrayBuffer | ReadableStream<Uint8Array>

export interface FileOptions {
  /** What the other side sees; that of the `File` unless told. Without its folders. */
  readonly name?: string | undefined
  /** Media type, as in `image/png`; that of the Blob unless told. */
  readonly type?: string | undefined
  /** Bytes, of a stream. */
  readonly size?: number | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

export interface Progress {
  /** Bytes so far. */
  readonly bytes: number
  readonly total: number
}

export interface OpenFile {
  readonly name: string | undefined
  readonly type: string
  readonly size: number
  /** Of the last change, in milliseconds since 1970. */
  readonly date: number | undefined
  /** What can be read again; undefined when it is a stream. */
  readonly blob: Blob | undefined
  stream(): ReadableStream<Uint8Array>
}

/** Throws the reason of the signal. */
export async function openFile(
  source: FileData,
  { name, type, size, signal }: FileOptions & { readonly signal?: AbortSignal | undefined },
): Promise<OpenFile> {
  let file: FileData = source
  if (file instanceof ReadableStream) {
    const stream = file
    if (size !== undefined)
      return { name, type: type ?? unknownType, size, date: undefined, blob: undefined, stream: () => stream }
    file = await wholeOf(stream, signal)
  }
  const blob = file instanceof Blob ? file : new Blob([file])
  const { lastModified, name: own } = blob as Blob & Partial<File>
  return {
    name: name ?? own,
    type: type ?? (blob.type === '' ? unknownType : blob.type),
    size: blob.size,
    date: lastModified,
    blob,
    stream: () => blob.stream(),
  }
}

/** All of it, in memory, and as `through` leaves it. */
export function wholeOf(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
  through?: { transform(piece: Uint8Array, controller: TransformStreamDefaultController<Uint8Array>): void },
): Promise<Blob> {
  return new Response(stream.pipeThrough(new TransformStream(through), signal ? { signal } : {})).blob()
}

const unknownType = 'application/octet-stream'

/** Passes on what goes through, `each` piece seen, and throws a UsageError when it is not as long as `size` says. */
export function metered(
  size: number,
  each: (piece: Uint8Array, bytes: number) => void,
): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0
  const wrong = (): UsageError => new UsageError(`The file is not ${size} bytes long.`)
  return new TransformStream({
    transform(piece, controller) {
      bytes += piece.length
      if (bytes > size) throw wrong()
      each(piece, bytes)
      controller.enqueue(piece)
    },
    flush() {
      if (bytes < size) throw wrong()
    },
  })
}
