/** Enters a room for a command: with the password of the environment, and without making a room where a name is mistyped. */
import { type JoinOptions, type Room, type Rooms, TimeoutError } from '@rookery/client/node'
import { Failure } from '../failure.ts'

export async function enter(client: { readonly rooms: Rooms }, address: string, options: JoinOptions): Promise<Room> {
  const password = process.env['ROOKERY_ROOM_PASSWORD']
  try {
    return await client.rooms.join(address, { ...options, password, create: false })
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    throw new Failure(`${address} does not answer. Is it the address of a room? One looks like hall@rooms.example.org.`)
  }
}
