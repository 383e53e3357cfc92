/** The client library for Node: what the default entry has, and TCP and TLS. */
export * from '../index.ts'
