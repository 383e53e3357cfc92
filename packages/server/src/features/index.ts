/** The built-in features, in the order in which they are started and, within a phase, asked. */
import type { Feature } from '../feature.ts'
import { core } from './core/index.ts'
import { offline } from './offline/index.ts'
import { ping } from './ping/index.ts'

export const builtIn: readonly Feature[] = [core, ping, offline]
