/** Extensions of one's own: their names, what they give and their events are typed, for those who write them and those who use them. */
import { type ClientError, defineExtension, type EventsOf, events, messages } from '@rookery/client'
import { connect } from '@rookery/client/node'

const waves = defineExtension({
  name: 'waves',
  features: ['urn:example:wave'],
  events: events<{ wave: { readonly from: string } }>(),
  start: (core) => {
    core.use(messages).onMessage(({ from }) => core.emit('wave', { from: from.toString() }))
    // @ts-expect-error 2345: it has no such event
    core.emit('waves', { from: '' })
    // @ts-expect-error 2322: the payload is another
    core.emit('wave', { from: 1 })
    return { send: (to: string) => core.use(messages).post(to, []) }
  },
})

const quiet = defineExtension({ name: 'quiet', start: () => ({ isQuiet: true }) })

export async function use(): Promise<boolean> {
  const client = await connect({ jid: 'romeo@montague.lit', use: [waves, quiet] })
  client.waves.send('juliet@capulet.lit')
  client.on('wave', ({ from }) => from.length)
  client.on('error', ({ kind }: ClientError) => kind)
  // @ts-expect-error 2339: it can do no such thing
  client.waves.receive()
  // @ts-expect-error 2345: a text is wanted
  client.waves.send(1)
  // @ts-expect-error 2345: there is no such event
  client.on('ripple', () => undefined)
  // @ts-expect-error 2339: the payload has no such field
  client.on('wave', ({ to }) => to)
  return client.quiet.isQuiet
}

/** Events of several extensions are told apart. */
export const payload: EventsOf<readonly [typeof waves, typeof quiet]>['wave'] = { from: 'juliet@capulet.lit' }

// @ts-expect-error 2345: an extension has a name
defineExtension({ start: () => undefined })

// @ts-expect-error 2322: the client has a member of this name
defineExtension({ name: 'on', start: () => undefined })
// @ts-expect-error 2322: the client would be taken for a promise
defineExtension({ name: 'then', start: () => undefined })

const louder = defineExtension({ name: 'quiet', start: () => ({ isLoud: true }) })

/** Two of the same name are of no use; `connect` refuses them when it runs. */
export async function confuse(): Promise<unknown> {
  const client = await connect({ jid: 'romeo@montague.lit', use: [quiet, louder] })
  // @ts-expect-error 2339: it is one or the other
  return client.quiet.isLoud
}
