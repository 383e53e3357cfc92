import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CSI_NS, csi as offer } from '@rookery/protocol/xeps/csi'
import { startTestServer } from '@rookery/testkit'
import { HostileServer } from '../../../../test/client/harness/hostile-server.ts'
import { next, online } from '../../test/online.ts'
import { csi, defineExtension } from '../index.ts'
import { ClientStateIndication } from './csi.ts'

class Page extends EventTarget {
  visibilityState: DocumentVisibilityState = 'visible'

  become(state: DocumentVisibilityState): void {
    this.visibilityState = state
    this.dispatchEvent(new Event('visibilitychange'))
  }
}

const started = (options: { offered: boolean }) =>
  HostileServer.start({
    startTls: 'absent',
    script: { features: (offered) => (options.offered ? [...offered, offer.build({})] : offered) },
  })
const told = (server: HostileServer): string[] =>
  [...server.received('active'), ...server.received('inactive')].map(({ name }) => name)

describe('client state', () => {
  test('the server is told when nobody looks, and when somebody does', async () => {
    await using server = await started({ offered: true })
    await using romeo = await online(server, [csi])
    romeo.csi.set(true)
    romeo.csi.set(false)
    await server.until('inactive')
    romeo.csi.set(true)
    await server.until('active')
    assert.deepEqual(told(server), ['active', 'inactive'])
  })

  test('it is told again on a new stream of the same session', async () => {
    await using server = await started({ offered: true })
    await using romeo = await online(server, [csi])
    romeo.csi.set(false)
    await server.until('inactive')
    const back = next(romeo, 'state', ({ name }) => name === 'online')
    server.connection.break()
    await back
    await server.until('inactive', 2)
  })

  test('a page goes by whether it is visible', async () => {
    await using server = await started({ offered: true })
    const page = new Page()
    const ofPage = defineExtension({
      name: 'ofPage',
      start: (core) => new ClientStateIndication(core, page as unknown as Document),
    })
    {
      await using _ = await online(server, [ofPage])
      page.become('hidden')
      await server.until((element) => element.is('inactive', CSI_NS))
      page.become('visible')
      await server.until((element) => element.is('active', CSI_NS))
    }
    page.become('hidden')
    assert.equal(told(server).length, 2)
  })

  test('a server that does not offer it hears nothing of it', async () => {
    await using server = await started({ offered: false })
    await using romeo = await online(server, [csi])
    romeo.csi.set(false)
    await romeo.request('get', offer.build({})).catch(() => undefined)
    assert.equal(romeo.csi.isOffered, false)
    assert.deepEqual(told(server), [])
  })

  test('ours offers it', async () => {
    await using server = await startTestServer()
    await using romeo = await online(server, [csi])
    assert.equal(romeo.csi.isOffered, true)
  })
})
