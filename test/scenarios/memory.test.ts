/** All scenarios against this server in the process of the test: no socket, no TLS. ONLY=roster/ chooses some files. */
import { join } from 'node:path'
import { runScenarios, startMemoryTarget } from '../../packages/testkit/src/scenario/index.ts'

const folder = join(import.meta.dirname, '../../scenarios')
const limits = { authFailuresPerAddress: 0 } // everybody comes from one address here
runScenarios('rookery in memory', () => startMemoryTarget({ limits }), folder, { only: process.env['ONLY'] })
