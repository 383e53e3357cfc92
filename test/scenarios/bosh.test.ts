/** All scenarios against this server in the process of the test, over BOSH. ONLY=roster/ chooses some files. */
import { join } from 'node:path'
import { runScenarios, startBoshTarget } from '../../packages/testkit/src/scenario/index.ts'

const folder = join(import.meta.dirname, '../../scenarios')
const limits = { authFailuresPerAddress: 0 } // everybody comes from one address here
runScenarios('rookery over BOSH', () => startBoshTarget({ limits }), folder, { only: process.env['ONLY'] })
