/** What a client asks for with its `<authenticate/>` (XEP-0388), read as a whole before any of it is done. */
import { CodecError, type ElementCodec } from '@rookery/protocol/codec'
import { decodeBase64, type SaslCondition } from '@rookery/protocol/sasl'
import { type Bind2Request, bind2Request } from '@rookery/protocol/xeps/bind2'
import { type FastLogin, fastLogin, requestToken } from '@rookery/protocol/xeps/fast'
import { MANAGEMENT_NS } from '@rookery/protocol/xeps/management'
import { type ConfigVersion, configVersion } from '@rookery/protocol/xeps/pipelining'
import { authenticate, type UserAgent } from '@rookery/protocol/xeps/sasl2'
import { readTasks } from '@rookery/protocol/xeps/upgrade'
import type { Element } from '@rookery/protocol/xml'

export interface Sasl2Request {
  readonly mechanism: string
  readonly initial: Uint8Array | undefined
  readonly agent: UserAgent
  readonly bind: Bind2Request | undefined
  /** `<resume/>` of stream management. */
  readonly resume: Element | undefined
  /** It proves a token. */
  readonly fast: FastLogin | undefined
  /** It wants a token, for this mechanism. */
  readonly wanted: string | undefined
  /** Upgrade tasks, by name. */
  readonly tasks: readonly string[]
  /** The offers it goes by. */
  readonly version: ConfigVersion | undefined
}

/** The condition is for what cannot be understood. */
export function readRequest(element: Element): Sasl2Request | SaslCondition {
  const asked = authenticate.parse(element)
  if (asked === undefined || asked instanceof CodecError) {
    const initial = element.childText('initial-response')?.trim()
    return initial !== undefined && decodeBase64(initial) === undefined ? 'incorrect-encoding' : 'malformed-request'
  }
  const bind = find(bind2Request, asked.others)
  const fast = find(fastLogin, asked.others)
  const wanted = find(requestToken, asked.others)
  const version = find(configVersion, asked.others)
  const tasks = readTasks(asked.others)
  for (const read of [bind, fast, wanted, version, tasks]) if (read instanceof CodecError) return 'malformed-request'
  return {
    mechanism: asked.mechanism ?? '',
    initial: asked.initialResponse,
    agent: asked.userAgent ?? {},
    bind: bind as Bind2Request | undefined,
    resume: asked.others.find((child) => child.is('resume', MANAGEMENT_NS)),
    fast: fast as FastLogin | undefined,
    wanted: (wanted as { mechanism: string } | undefined)?.mechanism,
    tasks: tasks as string[],
    version: version as ConfigVersion | undefined,
  }
}

/** The one element of its kind; two of them contradict each other. */
function find<T>(codec: ElementCodec<T>, elements: readonly Element[]): T | CodecError | undefined {
  const found = elements.filter((element) => codec.matches(element))
  if (found.length > 1) return new CodecError(`There may be one <${codec.name}/> only.`)
  return found[0] === undefined ? undefined : codec.parse(found[0])
}
