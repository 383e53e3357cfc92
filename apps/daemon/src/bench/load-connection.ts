/**
 * One client connection of the load generator: TCP, STARTTLS, SASL PLAIN, bind and presence, then raw text to and from whoever makes the traffic.
 * Not an XMPP client: it parses no XML, it looks for the tags that must come next, so that the server under load is the bottleneck and not this.
 */
import { connect, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls'
import type { LoadPlan } from './load-options.ts'

type Stage = 'connect' | 'features' | 'proceed' | 'auth' | 'bindable' | 'bind' | 'register' | 'ready' | 'dead'

/** Takes what arrived, returns how many characters of it are dealt with; the rest is presented again with more behind it. */
export type Consume = (text: string) => number

/** What the connections of one run share. */
export interface LoadShared {
  readonly plan: LoadPlan
  /** Called once per connection when it is ready (reason undefined) or has failed before. */
  settled(connection: LoadConnection, reason: string | undefined): undefined
  /** Called when a ready connection breaks. */
  broke(connection: LoadConnection, reason: string): void
}

// Reads are synchronous from the kernel to `consume`, so all plain connections share one buffer. libuv on Windows fills buffers later: one each there.
const readSize = 65536
const sharedBuffer = process.platform === 'win32' ? undefined : Buffer.allocUnsafeSlow(readSize)

// A loopback address has some 28,000 free ports towards one port of the server.
const connectionsPerAddress = 20_000

let secureContext: SecureContext | undefined

export class LoadConnection {
  readonly index: number
  readonly user: string
  consume: Consume | undefined
  readonly #shared: LoadShared
  #stage: Stage = 'connect'
  #secured = false
  #socket: Socket
  #input = ''

  constructor(index: number, shared: LoadShared) {
    const { plan } = shared
    this.index = index
    this.user = plan.prefix + (plan.first + index)
    this.#shared = shared
    const source = sourceAddress(index, plan.host)
    this.#socket = connect({
      host: plan.host,
      port: plan.port,
      noDelay: true,
      ...(source === undefined ? {} : { localAddress: source }),
      // After STARTTLS reads go through the TLS layer, which has buffers of its own.
      ...(plan.tls
        ? {}
        : {
            onread: {
              buffer: sharedBuffer ?? Buffer.allocUnsafeSlow(readSize),
              callback: (length: number, buffer: Uint8Array) => {
                this.#receive((buffer as Buffer).toString('latin1', 0, length))
                return true
              },
            },
          }),
    })
    if (plan.tls) this.#socket.on('data', this.#receiveData)
    this.#socket.on('connect', () => {
      this.#stage = 'features'
      this.#openStream()
    })
    this.#watch(this.#socket)
  }

  get isReady(): boolean {
    return this.#stage === 'ready'
  }

  /** Sends a wire string (one char per byte). */
  write(text: string): void {
    if (this.#stage !== 'dead') this.#socket.write(text, 'latin1')
  }

  /** Ends the stream and the connection; nothing is reported any more. */
  close(): void {
    if (this.#stage === 'dead') return
    this.#stage = 'dead'
    this.#socket.end('</stream:stream>')
    this.#socket.destroySoon()
  }

  #receiveData = (data: Buffer): void => this.#receive(data.toString('latin1'))

  #watch(socket: Socket): void {
    socket.on('error', (error) => this.#fail(error.message))
    socket.on('close', () => this.#fail('the server closed the connection'))
  }

  #receive(text: string): void {
    const input = this.#input === '' ? text : this.#input + text
    if (this.#stage !== 'ready') {
      this.#input = input
      this.#negotiate()
      return
    }
    if (this.consume === undefined) return
    const used = this.consume(input)
    this.#input = used === input.length ? '' : input.slice(used)
  }

  #negotiate(): undefined {
    const { plan } = this.#shared
    switch (this.#stage) {
      case 'features':
        if (!this.#has('</stream:features>')) return this.#checkStreamError()
        if (plan.tls && !this.#secured) {
          if (!this.#has('urn:ietf:params:xml:ns:xmpp-tls')) return this.#fail('the server offers no STARTTLS')
          return this.#say('proceed', "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        }
        if (plan.mode === 'register') return this.#say('register', registration(this.user, plan.password))
        if (!this.#has('>PLAIN<')) return this.#fail(`the server offers no SASL PLAIN${plan.tls ? '' : ' without TLS'}`)
        return this.#say('auth', plainAuth(this.user, plan.password))
      case 'proceed':
        if (this.#has('<proceed')) this.#startTls()
        return
      case 'auth':
        if (this.#has('<failure') && this.#has('</failure>'))
          return this.#fail(`login refused: ${excerpt(this.#input)}`)
        if (!this.#has('<success') || !this.#input.endsWith('>')) return this.#checkStreamError()
        this.#say('bindable', '')
        return this.#openStream()
      case 'bindable':
        if (!this.#has('</stream:features>')) return this.#checkStreamError()
        return this.#say(
          'bind',
          "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>x</resource></bind></iq>",
        )
      case 'bind':
        if (!this.#has('</iq>')) return this.#checkStreamError()
        if (isErrorReply(this.#input)) return this.#fail(`bind refused: ${excerpt(this.#input)}`)
        this.#say('ready', '<presence/>')
        return this.#shared.settled(this, undefined)
      case 'register':
        if (!this.#has('<iq') || !this.#input.endsWith('>')) return this.#checkStreamError()
        // An account that is already there is as good as a new one.
        if (isErrorReply(this.#input) && !this.#has('conflict')) {
          if (this.#has('</iq>')) this.#fail(`registration refused: ${excerpt(this.#input)}`)
          return
        }
        this.#stage = 'ready'
        this.#input = ''
        return this.#shared.settled(this, undefined)
    }
  }

  #checkStreamError(): undefined {
    if (this.#has('</stream:error>')) this.#fail(`stream error: ${excerpt(this.#input)}`)
  }

  #startTls(): void {
    secureContext ??= createSecureContext({ ecdhCurve: 'X25519:P-256' })
    this.#input = ''
    this.#secured = true
    this.#stage = 'features'
    const plain = this.#socket
    plain.removeListener('data', this.#receiveData)
    // The certificate is not checked: the server under load is the user's own and mostly has a self-signed one.
    const secure = connectTls({
      socket: plain,
      servername: this.#shared.plan.domain,
      secureContext,
      rejectUnauthorized: false,
    })
    secure.on('data', this.#receiveData)
    this.#watch(secure)
    this.#socket = secure
    this.#openStream()
  }

  #openStream(): undefined {
    this.write(
      `<?xml version='1.0'?><stream:stream to='${this.#shared.plan.domain}' version='1.0' ` +
        "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
    )
  }

  #say(next: Stage, text: string): undefined {
    this.#input = ''
    this.#stage = next
    if (text !== '') this.write(text)
  }

  #has(text: string): boolean {
    return this.#input.includes(text)
  }

  #fail(reason: string): undefined {
    if (this.#stage === 'dead') return
    const wasReady = this.#stage === 'ready'
    this.#stage = 'dead'
    this.#socket.destroy()
    if (wasReady) this.#shared.broke(this, reason)
    else this.#shared.settled(this, reason)
  }
}

/** Which address of 127.0.0.0/8 the connection comes from, so that ports do not run out; undefined leaves it to the system. */
export function sourceAddress(index: number, host: string): string | undefined {
  if (index < connectionsPerAddress || !host.startsWith('127.')) return undefined
  const offset = 1 + Math.floor(index / connectionsPerAddress)
  return `127.0.${offset >> 8}.${offset & 255}`
}

function plainAuth(user: string, password: string): string {
  const message = Buffer.from(`\0${user}\0${password}`).toString('base64')
  return `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${message}</auth>`
}

function registration(user: string, password: string): string {
  return (
    "<iq type='set' id='r'><query xmlns='jabber:iq:register'>" +
    `<username>${user}</username><password>${password}</password></query></iq>`
  )
}

function isErrorReply(text: string): boolean {
  return text.includes("type='error'") || text.includes('type="error"')
}

function excerpt(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
