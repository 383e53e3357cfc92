/**
 * What the clients of a host can do, XEP-0115 1.6.0: learned from presence and by asking, once for each verification string, and kept in
 * memory. Only an answer that fits its string is believed of others; one that does not is believed of nobody. [S92]
 */
import { hash } from 'node:crypto'
import type { Maybe } from '@rookery/protocol'
import { type Caps, capsHold, caps as codec } from '@rookery/protocol/caps'
import { isBroken } from '@rookery/protocol/codec'
import { DISCO_INFO_NS, discoInfo } from '@rookery/protocol/disco'
import { StanzaError } from '@rookery/protocol/stanza'
import { el } from '@rookery/protocol/xml'
import { RecentMap } from '@rookery/storage'
import type { AskPower, Log } from '../../powers.ts'
import type { CapabilitiesService } from '../../services/capabilities.ts'
import type { Session } from '../../session.ts'
import { type Slot, slot } from '../../slot.ts'

type Features = ReadonlySet<string>

const none: Features = new Set()
/** What is known of the client of this one session, and for which announcement. */
export const learned: Slot<{ key: string; features: Maybe<Features> } | undefined> = slot(
  'caps:learned',
  'connection',
  () => undefined,
)

/** Names of hash functions as in the IANA registry; only sha-1 is asked for. [XEP-0115 8.1, 9.1] */
const algorithms: ReadonlyMap<string, string> = new Map([
  ['sha-1', 'sha1'],
  ['sha-256', 'sha256'],
  ['sha-512', 'sha512'],
])
const mostKnown = 500
/** Of all features of a client together; who claims more is not believed. */
const mostBytes = 32_768
const patience = 30_000

export class ClientCapabilities implements CapabilitiesService {
  readonly #ask: AskPower
  readonly #log: Log
  readonly #proven = new RecentMap<string, Features>(mostKnown)

  constructor(ask: AskPower, log: Log) {
    this.#ask = ask
    this.#log = log
  }

  of(session: Session): Maybe<Features> {
    const { presence } = session
    const announced = presence === undefined ? undefined : codec.find(presence.element)
    // without a hash it is the legacy format, which proves nothing [XEP-0115 5.4, 13]
    if (announced === undefined || isBroken(announced) || announced.hash === undefined) return none
    const key = `${announced.hash} ${announced.ver}`
    const own = session.peek(learned)
    if (own?.key === key) return own.features
    const proven = this.#proven.get(key)
    if (proven !== undefined) return proven
    // a client that announces something else with every presence is asked one question at a time
    if (own?.features instanceof Promise) return own.features.then(() => this.of(session))
    const features = this.#learn(session, announced).then(
      (found) => {
        session.set(learned, { key, features: found })
        return found
      },
      () => {
        session.set(learned, undefined) // it did not answer: it is asked again when somebody wants to know
        return none
      },
    )
    session.set(learned, { key, features })
    return features
  }

  /** Rejects where no answer came. [XEP-0115 5.4, 6.2] */
  async #learn(session: Session, { hash: name, node, ver }: Caps): Promise<Features> {
    const question = el('query', DISCO_INFO_NS, { node: `${node}#${ver}` })
    const answer = await this.#ask(session.jid, 'get', question, { from: session.account, timeout: patience }).catch(
      (error) => {
        if (error instanceof StanzaError) return undefined
        throw error
      },
    )
    const info = answer?.payload === undefined ? undefined : discoInfo.parse(answer.payload)
    if (info === undefined || isBroken(info)) return none
    if (info.features.reduce((bytes, feature) => bytes + feature.length, 0) > mostBytes) return none
    const algorithm = algorithms.get(name ?? '')
    // an unknown hash function proves nothing to others [XEP-0115 5.4 2]
    if (algorithm === undefined) return new Set(info.features)
    if ((await capsHold(ver, info, (data) => hash(algorithm, data, 'buffer'))) !== true) {
      this.#log.debug(
        { session: session.jid.toString(), ver },
        'the capabilities of a client are not what it announced',
      )
      return none
    }
    const features = new Set(info.features)
    this.#proven.set(`${name} ${ver}`, features)
    return features
  }
}
