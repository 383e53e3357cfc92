/**
 * S31: other servers before they have shown who they are. This server speaks to none yet: nobody's claim to be one makes
 * it look anything up, or keeps anything. The lookups of federation, bounded and shared, come with federation.
 */
import { after, before, test } from 'node:test'
import { expectStreamError } from '../harness/answers.ts'
import { attack, volume } from '../harness/attack.ts'
import { RawClient, STREAMS } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'

let victim: Victim
before(async () => {
  victim = await startVictim({ config: { limits: { connectionsPerAddress: 0, preAuthConnectionsPerAddress: 0 } } })
})
after(() => victim.stop())

test('S31 takes nobody for a server, from however many domains', (t) =>
  attack(t, victim, async ({ note }) => {
    const domains = volume(300, 10_000)
    for (let i = 0; i < domains; i++) {
      const server = await RawClient.connect({ port: victim.port })
      const from = `${i.toString(36)}-${(i * 7919).toString(36)}.e.example`
      const namespaces = `xmlns='jabber:server' xmlns:stream='${STREAMS}' xmlns:db='jabber:server:dialback'`
      server.send(`<?xml version='1.0'?><stream:stream to='a.example' from='${from}' version='1.0' ${namespaces}>`)
      server.send(`<db:result to='a.example' from='${from}'>0123456789abcdef</db:result>`)
      await expectStreamError(server, 'invalid-namespace')
    }
    note(`${domains} domains`)
  }))
