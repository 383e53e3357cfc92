/**
 * Files from client to client (XEP-0234 0.19.1), through the servers (XEP-0261 1.0): for somebody who is online. To share a file with a room,
 * or with somebody who is not, see upload.
 */
import type { Jid } from '@rookery/protocol/jid'
import { StanzaError } from '@rookery/protocol/stanza'
import { HASH_FUNCTION_PREFIX, HASHES_NS } from '@rookery/protocol/xeps/hashes'
import { JINGLE_FILE_NS } from '@rookery/protocol/xeps/jingle-file'
import { JINGLE_IBB_NS } from '@rookery/protocol/xeps/jingle-ibb'
import { type Core, defineExtension, type Extension, events } from '../../contract/extension.ts'
import { type FileData, openFile } from '../../contract/file-source.ts'
import { ibb } from '../ibb/index.ts'
import { jingle } from '../jingle/index.ts'
import { FileOffer } from './receive.ts'
import { type Engines, type SendFileOptions, type SentFile, sendFile } from './send.ts'

export { type AcceptOptions, FileOffer, type IncomingFile, type ReceivedFile } from './receive.ts'
export type { SendFileOptions, SentFile } from './send.ts'

export type FilesEvents = { readonly 'file:offered': FileOffer }

export class Files {
  readonly #engines: Engines

  constructor(core: Core<FilesEvents>) {
    const engines = { core, jingle: core.use(jingle), ibb: core.use(ibb) }
    this.#engines = engines
    engines.jingle.take(JINGLE_FILE_NS, (session) => {
      // as if nobody was here: who is not known is told nothing [XEP-0166 6.2.2]
      if (!core.hasListeners('file:offered')) throw new StanzaError('service-unavailable')
      const offer = new FileOffer(engines, session)
      void core.emit('file:offered', offer)
      return offer.application
    })
  }

  /**
   * Offers a file to a full address, and sends it when it is accepted; resolves when it has arrived. Throws TransferError, UnsupportedError,
   * RequestError, DisconnectedError; the reason of the signal.
   */
  async send(jid: Jid | string, source: FileData, options: SendFileOptions = {}): Promise<SentFile> {
    return await sendFile(this.#engines, jid, await openFile(source, options), options)
  }
}

/** Files from client to client. */
export const files: Extension<'files', Files, FilesEvents> = defineExtension({
  name: 'files',
  features: [JINGLE_FILE_NS, JINGLE_IBB_NS, HASHES_NS, `${HASH_FUNCTION_PREFIX}sha-256`],
  events: events<FilesEvents>(),
  start: (core: Core<FilesEvents>) => new Files(core),
})
