/** What happens in a room, as lines. */
import type { Exit, Room } from '@rookery/client/node'
import { messageEntry, messageText } from './message-lines.ts'
import { type Output, timeOf } from './output.ts'
import { withWords } from './people.ts'

/** Resolves when we are out for good. What was said before we came is told to listeners that are added at once. */
export function showRoom(room: Room, output: Output, signal: AbortSignal): Promise<Exit> {
  const options = { signal }
  const name = room.address.toString()
  const others = [...room.occupants.keys()].filter((nick) => nick !== room.nick)
  output.entry({ event: 'joined', room: name, nick: room.nick, occupants: others })
  output.say(
    `${name}, as ${room.nick}. There ${others.length === 1 ? 'is' : 'are'}: ${others.join(', ') || 'nobody else'}`,
  )
  for (const event of ['message', 'whisper'] as const)
    room.on(
      event,
      (message) => {
        const isPrivate = event === 'whisper'
        const { nick, isHistory, isOwn } = message
        output.entry({ event, room: name, nick, ...messageEntry(message), own: isOwn, history: isHistory })
        output.say(`${timeOf(message.at)} ${nick}${isPrivate ? ' (to you alone)' : ''}: ${messageText(message)}`)
      },
      options,
    )
  room.on(
    'subject',
    ({ text, by, at }) => {
      output.entry({ event: 'subject', room: name, at: new Date(at).toISOString(), nick: by, subject: text })
      if (text !== '') output.say(`${timeOf(at)} Subject${by === undefined ? '' : ` (${by})`}: ${text}`)
    },
    options,
  )
  room.on(
    'occupant',
    (change) => {
      const { kind, occupant } = change
      const { nick, show, status } = occupant
      const before = kind === 'renamed' ? change.before.nick : undefined
      const exit = kind === 'went' ? change.exit : undefined
      output.entry({ event: 'occupant', room: name, change: kind, nick, before, show, status, cause: exit?.cause })
      if (kind === 'came') output.say(`${timeOf(Date.now())} ${nick} came${withWords(status)}`)
      else if (kind === 'renamed') output.say(`${timeOf(Date.now())} ${before} is ${nick} now`)
      else if (exit !== undefined)
        output.say(`${timeOf(Date.now())} ${nick} went (${exit.cause})${withWords(exit.reason)}`)
    },
    options,
  )
  return new Promise((resolve) => room.on('left', resolve, options))
}
