/** docs/guide/client.md: extensions of one's own, and raw elements. */
import { type Client, defineExtension, el, events, type Jid, messages } from '@rookery/client/node'

const WAVES = 'urn:example:waves'

export const waves = defineExtension({
  name: 'waves', // client.waves
  features: [WAVES], // what others may know that we can
  events: events<{ wave: { readonly from: Jid } }>(),
  start: (core) => {
    core.use(messages).onMessage(({ element, from }) => {
      if (element.child('wave', WAVES) !== undefined) return core.emit('wave', { from })
    })
    core.respond('get', 'waves', WAVES, () => el('waves', WAVES, { allowed: 'true' })) // who asks is answered
    return {
      /** Waves, and can be followed like every message. */
      at: (to: string) => core.use(messages).post(to, [el('wave', WAVES)]),
    }
  },
})

export function wave(client: Client<readonly [typeof waves]>, to: string): void {
  client.on('wave', ({ from }) => console.log(`${from} waves`))
  client.waves.at(to)
}

export async function askRaw(client: Client, to: string): Promise<string | undefined> {
  const answer = await client.request('get', el('waves', WAVES), { to, timeout: 5_000 })
  return answer?.attr('allowed')
}
