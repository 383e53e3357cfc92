/** Entity capabilities (XEP-0115). */
export { CAPS_NS, type Caps, caps, capsHold, capsInput, capsVersion, type Hash, ownCapsVersion } from './caps.ts'
