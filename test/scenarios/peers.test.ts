/** Every scenario against other people's servers, to check the scenario. PEERS=prosody chooses one, ONLY=roster/ some files. */
import { join } from 'node:path'
import { test } from 'node:test'
import { runScenarios, tcpTarget } from '../../packages/testkit/src/scenario/index.ts'
import { isInstalled, type PeerName, peerNames, startPeer } from '../../scripts/peers/peer.ts'

const folder = join(import.meta.dirname, '../../scenarios')
const wanted = process.env['PEERS']?.split(',') ?? peerNames

const start = async (name: PeerName) => {
  const peer = await startPeer(name, { archive: true })
  const { port, host } = peer
  return tcpTarget({ name, port, host, secondHost: 'example.test', stop: () => peer.stop() })
}

for (const name of peerNames) {
  if (!wanted.includes(name)) continue
  const options = { only: process.env['ONLY'], patienceWithNote: 2000 }
  if (isInstalled(name)) runScenarios(name, () => start(name), folder, options)
  else test(`scenarios against ${name}`, (context) => context.skip(`${name} is not installed: run .ci/install`))
}
