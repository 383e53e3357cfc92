/** What the tests of uploads call in a page: with texts and numbers only. */
import { type Client, connect, type UploadError, upload } from '@rookery/client'

interface Options {
  readonly jid: string
  readonly password: string
  readonly service: string
  readonly plaintext?: boolean
}

interface Outcome {
  readonly url?: string
  /** What is known of an error, the values of a signal included. */
  readonly error?: string
  /** Bytes, as they were told, and of how many. */
  readonly told: readonly (readonly [bytes: number, total: number])[]
}

let told: [bytes: number, total: number][] = []
let client: Client<readonly [typeof upload]> | undefined

const app = {
  async connect(options: Options): Promise<void> {
    client = await connect({ ...options, use: [upload] })
  },

  /** A file of so many bytes, each of which is its place (mod 251); `stopAt`: aborted when so many are told to be under way. */
  async send(size: number, how: { readonly stopAt?: number; readonly isStream?: boolean } = {}): Promise<Outcome> {
    told = []
    const stop = new AbortController()
    const { stopAt = Number.POSITIVE_INFINITY, isStream } = how
    const file = new File([Uint8Array.from({ length: size }, (_, index) => index % 251)], 'très.txt', {
      type: 'text/plain',
    })
    const onProgress = ({ bytes, total }: { readonly bytes: number; readonly total: number }): void => {
      told.push([bytes, total])
      if (bytes >= stopAt) stop.abort(new Error('enough'))
    }
    try {
      const data = isStream ? file.stream() : file
      const { url } = await client!.upload.send(data, { size, type: file.type, onProgress, signal: stop.signal })
      return { url, told }
    } catch (cause) {
      const { name, message, reason, status } = cause as UploadError
      return { error: [name, reason, status, message].filter((part) => part !== undefined).join(' '), told }
    }
  },

  /** How many are told to be under way. */
  bytes: (): number => told.at(-1)?.[0] ?? 0,

  /** Bytes at a link, if they are those of `send`. */
  async fetched(url: string): Promise<number> {
    const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer())
    return bytes.every((byte, index) => byte === index % 251) ? bytes.length : -1
  },

  async close(): Promise<void> {
    await client?.close()
  },
}

Object.assign(globalThis, { app })
