/** The memory driver: for tests and for servers that need no tomorrow. */
export { createMemoryStorage, type MemoryStorageOptions } from './storage.ts'
