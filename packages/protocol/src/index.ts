/** What both ends of XMPP agree on: universal, pure, without I/O, clock or dependencies. Import the folders by name. */
export { type Maybe, then, thenWith } from './maybe.ts'
export type { ContentNamespace } from './namespaces.ts'
export * as NS from './namespaces.ts'
