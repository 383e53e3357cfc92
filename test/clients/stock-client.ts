/** What a person can do with, and see in, a client that somebody else wrote. One implementation per client; the scenario is the same for all. */

export interface Account {
  /** Bare JID. */
  readonly jid: string
  readonly password: string
}

export interface Connection {
  /** Where the server listens with STARTTLS, always on loopback. */
  readonly port: number
  /** Address of its WebSocket under TLS; absent where there is none. */
  readonly webSocket?: string
  /** PEM file with the server's self-signed certificate. */
  readonly certificate: string
  /** Whether roster pushes carry a 'from'; RFC 6121 2.1.6 leaves it to the server. */
  readonly rosterPushesHaveFrom: boolean
  /** Whether the host itself lists the archive among its features; XEP-0313 wants it at the account. */
  readonly hostListsArchive: boolean
}

export interface Login {
  /** The SASL mechanism as the client names it. */
  readonly mechanism: string
  /** Whether STARTTLS was done before authentication. */
  readonly tls: boolean
}

export type Show = 'away' | 'dnd'

export interface StockClient {
  readonly jid: string
  /** Connects, authenticates, becomes available; says how. */
  login(): Promise<Login>
  /** Ends the session, as a user does. */
  logout(): Promise<void>
  /** Asks for the contact's presence. */
  request(contact: string): Promise<void>
  /** Waits for the contact's request to be shown. */
  hasRequest(contact: string): Promise<void>
  /** Lets the contact see our presence. */
  allow(contact: string): Promise<void>
  /** Waits until the roster says 'both'. */
  hasMutual(contact: string): Promise<void>
  show(show: Show): Promise<void>
  /** Starts to watch for a change of presence; what it returns waits for one that arrived since. */
  watch(contact: string, show: Show | 'unavailable'): Promise<() => Promise<void>>
  say(contact: string, body: string): Promise<void>
  /** Waits for a message with this body from the contact. */
  hears(contact: string, body: string): Promise<void>
  /**
   * Fetches what it missed from the archive. Only for clients that are not sent it: who binds with Bind 2 is taken for somebody who reads the
   * archive [XEP-0386 4].
   */
  fetchMissed?(contact: string): Promise<void>
  /** What went over its streams since it was made, as it logged it: tags and namespaces can be looked for. */
  streams(): string
  /** Ends every process and removes every file of the client. */
  close(): Promise<void>
}

export type StockClientMaker = (account: Account, connection: Connection) => StockClient

/** A client that lives through lost connections, knows other devices of its account, and reads the archive. */
export interface ContinuingClient extends StockClient {
  /** How often this stands in the chat with the contact, whoever said it: more than once is a double that a person sees. */
  timesShown(contact: string, body: string): Promise<number>
  /** Waits until this stands there as said by our account, here or on another of its devices. */
  seesOwn(contact: string, body: string): Promise<void>
  /** Fetches from the archive what it does not know, as this client does that. */
  catchUp(contact: string): Promise<void>
  /** Starts to watch for a lost connection to come back; what it returns waits for that, and says whether the session was resumed or is a new one. */
  watchReturn(): () => Promise<Return>
  /** Tells the server that nobody looks, and that somebody looks again [XEP-0352]; absent where the client does not. */
  rest?(): Promise<void>
  wake?(): Promise<void>
}

export type Return = 'resumed' | 'anew'

export type ContinuingClientMaker = (account: Account, connection: Connection) => ContinuingClient
