/** An extension of your own: an element that messages carry, an event when one comes, a method that sends one. */
import { connect, defineExtension, events, messages } from '@rookery/client/node'
import { attribute, element, oneOf } from '@rookery/protocol/codec'
import type { Jid } from '@rookery/protocol/jid'

// <wave xmlns='urn:example:wave' hand='left'/>
const waveElement = element('urn:example:wave', 'wave', { hand: attribute('hand', oneOf('left', 'right')) })

interface Wave {
  readonly from: Jid
  readonly hand: 'left' | 'right'
}

const waves = defineExtension({
  name: 'waves',
  features: ['urn:example:wave'], // others learn that we know it
  events: events<{ wave: Wave }>(),
  start(core) {
    core.use(messages).onMessage((message) => {
      const wave = message.payload(waveElement) // undefined where it is broken: it comes from the network
      return wave === undefined ? undefined : (core.emit('wave', { from: message.from, hand: wave.hand }) ?? true)
    })
    return {
      send: (to: Jid | string, hand: Wave['hand']) => core.use(messages).post(to, [waveElement.build({ hand })]),
    }
  },
})

const client = await connect({
  jid: 'romeo@localhost',
  password: 'wherefore-art-thou',
  service: process.env['XMPP_SERVICE'], // left out where the domain tells
  use: [waves],
})
client.on('wave', async ({ from, hand }) => {
  console.log(`${from.bare} waves with the ${hand} hand`)
  await client.close()
})
client.waves.send(client.jid!, 'left') // to oneself, for a trial
