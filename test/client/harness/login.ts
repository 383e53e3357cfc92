/** How the hostile server lets somebody in when nobody tells it otherwise: STARTTLS, SASL, SASL2 with Bind 2, resumption and tokens inside. */
import { createHash, randomBytes } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { NS } from '@rookery/protocol'
import { isBroken } from '@rookery/protocol/codec'
import { prepareOpaque, prepareUsername } from '@rookery/protocol/precis'
import {
  type ChannelBinding,
  createServerMechanism,
  deriveScramKeys,
  hashedTokenMechanism,
  type SaslServerContext,
  type SaslServerMechanism,
  type SaslStep,
  type SaslSuccess,
  type StoredToken,
} from '@rookery/protocol/sasl'
import { bindFeature } from '@rookery/protocol/xeps/bind'
import { BIND2_NS, bind2Offer, bind2Request, bound } from '@rookery/protocol/xeps/bind2'
import { FAST_NS, fastLogin, fastOffer, fastToken, requestToken } from '@rookery/protocol/xeps/fast'
import { enable, failed, MANAGEMENT_NS, managementFeature } from '@rookery/protocol/xeps/management'
import { auth, challenge, channelBindings, failure, mechanisms, response, success } from '@rookery/protocol/xeps/sasl'
import * as sasl2 from '@rookery/protocol/xeps/sasl2'
import { proceed, startTls } from '@rookery/protocol/xeps/starttls'
import type { Element } from '@rookery/protocol/xml'
import { nodeCrypto } from '../../nolost/client/crypto.ts'
import type { Connection } from './hostile-connection.ts'
import { resumption, type Session, takeUp } from './session.ts'
import type { Made } from './trust.ts'

const salt = Buffer.from('the same for all')
const { SASL2_NS } = sasl2

/** The features of the stream as it stands. */
export function offersOf(connection: Connection): Element[] {
  const { behaviour } = connection.server
  const offered: Element[] = []
  if (connection.account !== undefined) {
    if (connection.session === undefined) offered.push(bindFeature)
    if (behaviour.management) offered.push(managementFeature)
    return offered
  }
  const isPlain = connection.transport === 'tcp' && !connection.isSecure
  if (isPlain && behaviour.startTls !== 'absent')
    offered.push(startTls.build({ required: behaviour.startTls === 'required' }))
  if (isPlain && behaviour.startTls === 'required') return offered
  const names = mechanismsOf(connection)
  const types = bindingsOf(connection).map(({ type }) => type)
  if (behaviour.sasl) offered.push(mechanisms.build({ mechanisms: names }))
  if (behaviour.sasl2)
    offered.push(sasl2.authentication.build({ mechanisms: names, inline: inlineOf(connection), others: [] }))
  if (types.length > 0) offered.push(channelBindings.build({ types }))
  return offered
}

function inlineOf(connection: Connection): Element[] {
  const { management, fast } = connection.server.behaviour
  return [
    bind2Offer.build({ features: management ? [MANAGEMENT_NS] : [] }),
    ...(management ? [managementFeature] : []),
    ...(fast ? [fastOffer.build({ mechanisms: tokenMechanismsOf(connection) })] : []),
  ]
}

function mechanismsOf(connection: Connection): string[] {
  const canBind = bindingsOf(connection).length > 0
  return connection.server.behaviour.mechanisms.filter((name) => canBind || !name.endsWith('-PLUS'))
}

function tokenMechanismsOf(connection: Connection): string[] {
  const types = bindingsOf(connection).map(({ type }) => type)
  return ['HT-SHA-256-EXPR', 'HT-SHA-256-ENDP', 'HT-SHA-256-NONE'].filter((name) => {
    const binding = hashedTokenMechanism(name)?.binding
    return binding === undefined || types.includes(binding)
  })
}

function bindingsOf({ secure, server }: Connection): ChannelBinding[] {
  return secure === undefined
    ? []
    : [channelBinding(secure), { type: 'tls-server-end-point', data: hashOf(server.certificate) }]
}

/** [RFC9266 3, RFC5929 3.1] */
function channelBinding(socket: TLSSocket): ChannelBinding {
  if (socket.getProtocol() !== 'TLSv1.3')
    return { type: 'tls-unique', data: socket.getPeerFinished() ?? Buffer.alloc(0) }
  return { type: 'tls-exporter', data: socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)) }
}

function hashOf({ hash, raw }: Made): Buffer {
  return createHash(hash).update(raw).digest()
}

/** One after the other on a connection: a login that is under way, in either version of SASL. */
export class Login {
  readonly #connection: Connection
  #mechanism: SaslServerMechanism | undefined
  #name = ''
  /** What came with the login by XEP-0388; undefined in the other one. */
  #asked: readonly Element[] | undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Whether the element was about TLS or a login. */
  async take(element: Element): Promise<boolean> {
    const connection = this.#connection
    if (startTls.matches(element)) {
      connection.send(proceed)
      connection.startTls()
      return true
    }
    if (element.ns !== NS.sasl && element.ns !== SASL2_NS) return false
    const begun = auth.parse(element) ?? sasl2.authenticate.parse(element)
    const data = response.parse(element) ?? sasl2.response.parse(element)
    if (isBroken(begun) || isBroken(data)) this.#answer({ kind: 'failure', condition: 'incorrect-encoding' })
    else if (begun !== undefined) {
      this.#asked = 'others' in begun ? begun.others : undefined
      const initial = 'others' in begun ? begun.initialResponse : 'data' in begun ? begun.data : undefined
      this.#name = begun.mechanism ?? ''
      this.#mechanism = createServerMechanism(this.#name, this.#context())
      this.#answer((await this.#mechanism?.start(initial)) ?? { kind: 'failure', condition: 'invalid-mechanism' })
    } else if (data !== undefined && this.#mechanism !== undefined)
      this.#answer(await this.#mechanism.respond(data.data))
    else this.#answer({ kind: 'failure', condition: 'aborted' })
    return true
  }

  #answer(step: SaslStep): void {
    const connection = this.#connection
    const isNew = this.#asked !== undefined
    if (step.kind === 'challenge')
      return connection.send((isNew ? sasl2.challenge : challenge).build({ data: step.data }))
    this.#mechanism = undefined
    if (step.kind === 'failure') {
      const { condition } = step
      connection.send(isNew ? sasl2.failure.build({ condition, others: [] }) : failure.build({ condition }))
      return
    }
    connection.account = step.username
    if (this.#asked !== undefined) return this.#welcome(step, this.#asked)
    connection.send(success.build({ data: step.data }))
    connection.restart()
  }

  /** A login by XEP-0388, with what was asked for in the same breath. */
  #welcome(step: SaslSuccess, asked: readonly Element[]): void {
    const connection = this.#connection
    const { server } = connection
    const others: Element[] = []
    let resumed: Session | undefined
    for (const element of asked) {
      if (element.is('resume', MANAGEMENT_NS)) {
        const { answer, session } = resumption(element, connection)
        others.push(server.behaviour.management ? answer : failed('feature-not-implemented'))
        resumed = session
      } else if (element.ns === FAST_NS) others.push(...this.#token(element, step))
    }
    const wish = asked.find((element) => element.is('bind', BIND2_NS))
    if (resumed === undefined && wish !== undefined) others.push(this.#bind(wish)) // [XEP-0386 4]
    const bare = `${step.username}@${server.domain}`
    const authorizationIdentifier = resumed?.jid ?? connection.session?.jid ?? bare
    connection.send(sasl2.success.build({ additionalData: step.data, authorizationIdentifier, others }))
    connection.offer() // [XEP-0388 2.6.1] no restart
    if (resumed !== undefined) takeUp(resumed, connection)
  }

  #bind(wish: Element): Element {
    const connection = this.#connection
    const request = bind2Request.parse(wish)
    const { tag, others = [] } = request === undefined || isBroken(request) ? {} : request
    const session = connection.bind(`${tag ?? 'client'}~${randomBytes(4).toString('hex')}`)
    const isManaged = others.some((element) => enable.matches(element))
    return bound.build({ others: isManaged ? [session.enable(connection.server.behaviour.resumeSeconds)] : [] })
  }

  #token(element: Element, { username, token }: SaslSuccess): Element[] {
    const { tokens } = this.#connection.server
    const proved = fastLogin.parse(element)
    if (proved !== undefined && !isBroken(proved) && proved.invalidate === true && token !== undefined)
      tokens.delete(token)
    const request = requestToken.parse(element)
    if (request === undefined || isBroken(request)) return []
    const secret = randomBytes(12).toString('hex')
    tokens.set(secret, { account: username, mechanism: request.mechanism, isExpired: false })
    return [fastToken.build({ token: secret, expiry: Date.now() + 86_400_000 })]
  }

  #context(): SaslServerContext {
    const connection = this.#connection
    const { server, secure } = connection
    const { behaviour, accounts } = server
    const isToken = hashedTokenMechanism(this.#name) !== undefined && this.#asked !== undefined && behaviour.fast
    return {
      crypto: nodeCrypto,
      host: server.domain,
      offered: isToken ? tokenMechanismsOf(connection) : mechanismsOf(connection),
      channelBindings: bindingsOf(connection),
      downgradeProtection: behaviour.downgradeProtection,
      tlsVersion: secure?.getProtocol() ?? undefined,
      prepareUsername,
      prepareOpaque,
      scramKeys: (username, hash) =>
        deriveScramKeys(nodeCrypto, hash, accounts.get(username) ?? 'nobody', salt, behaviour.iterations),
      // whatever certificate is shown
      externalIdentities: [...accounts.keys()].map((username) => ({
        authzid: `${username}@${server.domain}`,
        username,
      })),
      verifyPlain: (username, password) => accounts.get(username) === password,
      tokens: (username, mechanism) => this.#tokensOf(username, mechanism),
    }
  }

  /** The newest two. */
  #tokensOf(username: string, mechanism: string): StoredToken[] {
    return [...this.#connection.server.tokens]
      .filter(([, token]) => token.account === username && token.mechanism === mechanism)
      .map(([secret, { isExpired }]) => ({ secret, isExpired }))
      .reverse()
  }
}
