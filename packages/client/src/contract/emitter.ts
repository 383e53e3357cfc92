/** Events of one's own objects, as the client has them. */
export { Emitter, type EventsBase, type Listener, type ListenOptions } from '../events.ts'
