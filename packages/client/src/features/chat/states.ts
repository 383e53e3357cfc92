/** Which chat states (XEP-0085 2.1) are told to whom: not the same twice, not to those who do not say theirs, or have left. */
import type { Jid } from '@rookery/protocol/jid'
import type { ChatState } from '@rookery/protocol/xeps/chat-states'
import { BoundedMap } from '../../contract/bounded-map.ts'

interface Peer {
  /** What we told last. */
  told: ChatState | undefined
  /** What they told last; `none`: they wrote without a state. */
  heard: ChatState | 'none' | undefined
}

export class ChatStates {
  readonly #peers: BoundedMap<string, Peer> = new BoundedMap(1_000)

  /** Whether a message to them takes a state with it. [XEP-0085 5.1] */
  accepts(peer: Jid): boolean {
    return this.#of(peer).heard !== 'none'
  }

  /** Whether a state is to be told to them, in a message of its own. [XEP-0085 5.3] */
  wants(peer: Jid, state: ChatState): boolean {
    const { told, heard } = this.#of(peer)
    return told !== state && !isSilent(heard)
  }

  told(peer: Jid, state: ChatState): void {
    this.#of(peer).told = state
  }

  /** A message came: with a state, or without one. */
  heard(peer: Jid, state: ChatState | undefined): void {
    const known = this.#of(peer)
    known.heard = state ?? 'none'
    if (isSilent(known.heard)) known.told = undefined
  }

  #of({ bare }: Jid): Peer {
    const key = bare.toString()
    const peer: Peer = this.#peers.get(key) ?? { told: undefined, heard: undefined }
    this.#peers.set(key, peer)
    return peer
  }
}

function isSilent(heard: Peer['heard']): boolean {
  return heard === 'none' || heard === 'gone'
}
