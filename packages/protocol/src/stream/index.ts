/** XML streams (RFC 6120 section 4): headers, framing, features, errors, the stream machine. */
export { featureFor, offerAll, type StreamFeature } from './feature.ts'
export { type Framing, type FramingEvent, STREAM_END } from './framing.ts'
export { languageOf, majorVersion, StreamHeader } from './header.ts'
export { type StreamEvent, type StreamRole, XmppStream } from './stream.ts'
export { readStreamError, StreamError, type StreamErrorCondition } from './stream-error.ts'
export { TcpFraming } from './tcp-framing.ts'
export { onWire, Unacknowledged } from './unacknowledged.ts'
export { declareDefault, FRAME_END, framingNs, WebSocketFraming } from './websocket-framing.ts'
