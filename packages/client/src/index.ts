/** A client of XMPP: connect, stay connected, lose nothing. This entry runs in browsers, workers, Deno and Bun; `@rookery/client/node` adds TCP. */
export * from './errors.ts'
export type { Emitter, Listener, ListenOptions } from './events.ts'
export type { Clock, OpenOptions, Platform, TlsOptions, Transport } from './platform.ts'
export type { ClientState } from './state.ts'
export type { Change, OpenStore, Store } from './store.ts'
export { memoryStore } from './stores/memory.ts'
