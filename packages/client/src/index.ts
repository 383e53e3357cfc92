/** The client library as it runs everywhere: browsers, workers, Node, Deno, Bun. `@rookery/client/node` adds TCP and TLS. */
export { NS } from '@rookery/protocol'
