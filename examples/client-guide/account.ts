/** What the snippets of docs/guide/client.md log in with. */
import type { ClientOptions } from '@rookery/client/node'

/** `{ jid, password }` where the domain tells everything else; the tests add where their server is. */
export type Account = Pick<ClientOptions, 'jid' | 'password' | 'service' | 'plaintext' | 'tls'>
