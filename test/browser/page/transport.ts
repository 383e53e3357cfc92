/** What carries a stream's elements from the page to the server and back. */
export interface Transport {
  /** Whether it asks again for what it has no answer to, so that stream management has nothing to add. */
  readonly isReliable: boolean
  /** Opens a stream to this host; resolves when the server's has begun. */
  open(host: string): Promise<void>
  /** One element, with its namespace. */
  send(xml: string): void
  /** Ends the stream in good order. */
  close(): void
  onElement: (element: Element) => void
  /** The stream is over, in good order or not; says why. */
  onEnd: (reason: string) => void
}
