/** The client for Node: everything of the default entry, and connections over TCP and TLS. */
export * from '../index.ts'
export { nodePlatform } from './node-platform.ts'
