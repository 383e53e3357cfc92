/** The features of one host, put together at start-up: each is given the powers it declared, its settings, and the services of others. */
import type { ServerConfig } from './config/schema.ts'
import { wrong } from './config/wrong.ts'
import { ConfigError } from './errors.ts'
import type { Feature } from './feature.ts'
import { type ServerStreamFeature, streamFeatures } from './negotiate/index.ts'
import type { Phases } from './phases.ts'
import type { Powers, ServicesPower } from './powers.ts'
import type { Service } from './service.ts'

export class Plugging {
  readonly #phases: Phases
  readonly #services = new Map<Service<unknown>, unknown>()
  #streamFeatures: readonly ServerStreamFeature[] = []

  constructor(phases: Phases) {
    this.#phases = phases
  }

  /** Those that wait in negotiation, and what the host offers of its own. */
  get streamFeatures(): readonly ServerStreamFeature[] {
    return this.#streamFeatures
  }

  find<T>(service: Service<T>): T | undefined {
    return this.#services.get(service) as T | undefined
  }

  /** As the features see them. */
  get services(): ServicesPower {
    return {
      find: (service) => this.find(service),
      use: (service) => {
        const found = this.find(service)
        if (found === undefined) throw new ConfigError(`no feature provides ${service.name}`, ['features'])
        return found
      },
    }
  }

  /** A wrong configuration of one is an error that names it. */
  async start(features: readonly Feature[], settings: ServerConfig['features'], powers: Powers): Promise<void> {
    const ofRooms: ServerStreamFeature[] = []
    for (const feature of features) {
      const given = settings[feature.name]
      if (given === false) {
        if (feature.isEssential)
          throw new ConfigError(`feature ${feature.name} cannot be turned off`, ['features', feature.name])
        continue
      }
      const wiring = feature.start(pick(powers, feature.needs), configOf(feature, given))
      this.#phases.add(feature, wiring)
      for (const { service, implementation } of wiring.provides ?? []) this.#services.set(service, implementation)
      ofRooms.push(...(wiring.streamFeatures ?? []))
    }
    this.#checkUses()
    this.#streamFeatures = streamFeatures(ofRooms)
    for (const { wiring } of this.#phases.wirings) await wiring.ready?.()
  }

  #checkUses(): void {
    for (const { feature } of this.#phases.wirings)
      for (const service of feature.uses ?? [])
        if (!this.#services.has(service))
          throw new ConfigError(`feature ${feature.name} needs ${service.name}: turn that on, or this off`, [
            'features',
            feature.name,
          ])
  }

  async stop(): Promise<void> {
    for (const { wiring } of this.#phases.wirings) await wiring.stop?.()
  }
}

/** Only what was declared. */
function pick(powers: Powers, needs: readonly (keyof Powers)[]): Powers {
  return Object.freeze(Object.fromEntries(needs.map((need) => [need, powers[need]]))) as unknown as Powers
}

function configOf(feature: Feature, given: unknown): unknown {
  if (feature.config === undefined) {
    if (given === undefined || given === true) return undefined
    throw new ConfigError(`feature ${feature.name} has no settings; it can only be turned off with false`, [
      'features',
      feature.name,
    ])
  }
  const parsed = feature.config.safeParse(given === true ? undefined : given)
  if (parsed.success) return parsed.data
  throw wrong(parsed.error, ['features', feature.name])
}
