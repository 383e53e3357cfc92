/** Entity Capabilities (XEP-0115 1.6.0): the wire form, under the word every extension is found by. The hashing is in `caps/`. */
export { CAPS_NS, type Caps, caps } from '../caps/index.ts'
