/** Prosody or ejabberd with archive, stream management and carbons, killed and restarted on the same data. */
import { join } from 'node:path'
import { installedVersion, type PeerName, preparePeer } from '../../../scripts/peers/peer.ts'
import { quietPorts } from '../../../scripts/peers/quiet-ports.ts'
import { ServerProcess } from './server-process.ts'
import { folderBytes } from './sizes.ts'
import type { Target } from './target.ts'

export async function peerTarget(
  name: PeerName,
  folder: string,
  outputFolder: string,
  archive: boolean,
): Promise<Target> {
  const [port = 0, tlsPort = 0, httpPort = 0, httpsPort = 0] = await quietPorts(4)
  const prepared = await preparePeer(name, {
    folder,
    archive,
    deathSignal: 'KILL',
    ports: { port, tlsPort, httpPort, httpsPort },
  })
  const outputFile = join(outputFolder, 'server-output.log')
  return {
    name,
    version: installedVersion(name),
    host: 'localhost',
    port,
    process: new ServerProcess({ ...prepared, outputFile, host: 'localhost' }),
    dataBytes: () => folderBytes(join(folder, 'data')),
  }
}
