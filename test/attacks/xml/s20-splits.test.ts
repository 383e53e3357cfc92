/** S20: a legal session gives the same result wherever TCP cuts it. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { attack, MB } from '../harness/attack.ts'
import { auth, bind, open, PING, RawClient, utf8 } from '../harness/client.ts'
import { startVictim, type Victim } from '../harness/server.ts'

let victim: Victim
before(async () => {
  victim = await startVictim({
    config: { limits: { sessionsPerAccount: 100 } },
  })
})
after(() => victim.stop())

/** Everything a client says from its first byte to its last; a resource of its own, of the same length. */
const session = (resource: string): string =>
  utf8(
    open('a.example') +
      auth('mallory') +
      open('a.example') +
      bind(resource) +
      `\n<iq type='get' id='p1' to='a.example'><ping xmlns='${PING}'/></iq>` +
      `<message to='mallory@a.example/${resource}' id='ä' type="chat"><body>&lt;é\u{1f600}&#x41;<![CDATA[<]]></body><x xmlns='urn:x' a = 'b'/></message> ` +
      `<s:iq xmlns:s='jabber:client' type='get' id='p2' to='a.example'><s:x/></s:iq></stream:stream>`,
  )

/** What the server said, without what is different each time. */
const said = (wire: string, resource: string): string =>
  wire
    .replaceAll(/ id='[\w-]{20,24}'/g, '')
    .replaceAll(resource, 'RES')
    .replaceAll(/stamp='[^']*'/g, '')

async function play(segments: readonly string[], resource: string): Promise<string> {
  const client = await RawClient.connect({
    port: victim.port,
    from: `127.0.2.${1 + ((Number(resource.slice(4)) || 0) % 100)}`,
  })
  for (const [index, segment] of segments.entries()) {
    // without Nagle's algorithm each write is a segment; the server must have read the one before
    if (index > 0) await new Promise((resolve) => setTimeout(resolve, segments.length > 2 ? 1 : 4))
    client.send(segment)
  }
  await client.waitForEnd(20_000)
  assert.ok(client.hasEnded, `unfinished: ${client.received}`)
  client.close()
  return said(client.received, resource)
}

test('S20 gives the same result wherever a session is cut', (t) =>
  attack(
    t,
    victim,
    async ({ note }) => {
      const whole = session('cut-0000')
      const expected = await play([whole], 'cut-0000')
      assert.match(expected, /<message .*<body>.*<\/stream:stream>$/s)
      assert.ok(!expected.includes('stream:error'), expected)
      assert.equal(await play([...session('cut-zzzz')], 'cut-zzzz'), expected, 'a segment for each byte')
      let next = 1
      const worker = async (): Promise<void> => {
        while (next < whole.length) {
          const at = next
          next++
          const resource = `cut-${at.toString().padStart(4, '0')}`
          const wire = session(resource)
          assert.equal(await play([wire.slice(0, at), wire.slice(at)], resource), expected, `cut at ${at}`)
        }
      }
      await Promise.all(Array.from({ length: 8 }, worker))
      note(`one segment; ${whole.length} segments; two segments cut at each of ${whole.length - 1} places`)
    },
    // the archive keeps what was said
    { rss: 16 * MB, heap: 4 * MB },
  ))

test('S20 serves any prefix for the stream namespace, or none [RFC6120 4.8.5]', (t) =>
  attack(t, victim, async () => {
    for (const header of [
      open('a.example').replaceAll('stream:stream', 's:stream').replace('xmlns:stream', 'xmlns:s'),
      open('a.example').replace("version='1.0' xmlns", "version='9.9' xmlns"),
      open('A.EXAMPLE.'),
    ]) {
      const client = await RawClient.connect({ port: victim.port })
      client.send(header)
      const came = await client.waitFor('</stream:features>')
      assert.match(came, / version='1\.0'/) // the lower one of both [RFC6120 4.7.5]
      client.close()
    }
  }))
