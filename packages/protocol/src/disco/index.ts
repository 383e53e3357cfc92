/** Service discovery (XEP-0030) and its extension forms (XEP-0128). */
export {
  DISCO_INFO_NS,
  DISCO_ITEMS_NS,
  type DiscoInfo,
  type DiscoItem,
  type DiscoItems,
  discoInfo,
  discoItems,
  type Identity,
} from './disco.ts'
