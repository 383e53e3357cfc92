/** Follows the connection and the fate of a message, through a network that breaks. */
import { chat, connect } from '@rookery/client/node'

const client = await connect({
  jid: 'romeo@localhost',
  password: 'wherefore-art-thou',
  service: process.env['XMPP_SERVICE'], // left out where the domain tells
  use: [chat],
})

client.on('state', (state) => {
  if (state.name === 'waiting')
    console.log(`lost: ${state.reason.message} Next try in ${state.retryAt - Date.now()} ms`)
  else if (state.name === 'online') console.log(state.resumed ? 'back, as if nothing had been' : 'a new session')
  else if (state.name === 'failed') console.log(`given up: ${state.reason.message}`)
})

const message = client.chat.send('juliet@localhost', 'Art thou there?')
message.onChange(({ fate, error }) => console.log(fate === 'failed' ? `failed: ${error?.message}` : fate))

await message.reached('delivered') // she has it, however often the connection was lost meanwhile
await client.close()
