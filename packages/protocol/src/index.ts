/** What both ends of XMPP agree on: universal, pure, without I/O, clock or dependencies. Import the folders by name. */
export { type Maybe, then, thenWith } from './maybe.ts'
export { type ContentNamespace, NS } from './namespaces.ts'
