/** `node scripts/peers/main.ts prosody|ejabberd [--cpu N] [--archive] [--folder F] [--port N]`: runs a peer server until it gets a signal. */
import { parseArgs } from 'node:util'
import { peerNames, startPeer } from './peer.ts'

const usage = `node scripts/peers/main.ts ${peerNames.join('|')} [--cpu N] [--archive] [--folder F] [--port N] [--passwords plain|scram] [--debug]`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cpu: { type: 'string' },
    archive: { type: 'boolean', default: false },
    folder: { type: 'string' },
    port: { type: 'string' },
    passwords: { type: 'string', default: 'plain' },
    debug: { type: 'boolean', default: false },
  },
})
const name = peerNames.find((peer) => peer === positionals[0])
if (name === undefined) {
  console.error(usage)
  process.exit(2)
}

const peer = await startPeer(name, {
  archive: values.archive,
  log: values.debug ? 'debug' : 'warn',
  passwords: values.passwords === 'scram' ? 'scram' : 'plain',
  ...(values.cpu === undefined ? {} : { cpu: Number(values.cpu) }),
  ...(values.folder === undefined ? {} : { folder: values.folder }),
  ...(values.port === undefined ? {} : { ports: { port: Number(values.port) } }),
})
const { version, pid, port, tlsPort, httpPort, folder } = peer
console.log(`${name} ${version} pid ${pid} port ${port} tls ${tlsPort} http ${httpPort} folder ${folder}`)

const alive = setInterval(() => {}, 3_600_000)
const finish = (): void => {
  clearInterval(alive)
  void peer.stop()
}
process.once('SIGINT', finish)
process.once('SIGTERM', finish)
